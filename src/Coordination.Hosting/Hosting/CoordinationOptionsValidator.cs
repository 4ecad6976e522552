using System.Text;
using Coordination.Membership;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>Checks the options before anything is connected; all faults in one message.</summary>
/// <param name="key">The key of a keyed membership, or null.</param>
/// <param name="connectionName">The name of the connection string, for the message.</param>
/// <param name="applicationName">The group by default.</param>
internal sealed class CoordinationOptionsValidator(string? key, string connectionName, string applicationName) : IValidateOptions<CoordinationOptions>
{
    private const int LongestName = 200;
    private const int LongestUrl = 2048;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CoordinationOptions options)
    {
        if (name != (key ?? Options.DefaultName))
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> faults = [];
        CheckBackend(options, faults);
        CheckNames(options, faults);
        CheckTimes(options, faults);
        CheckRest(options, faults);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private void CheckBackend(CoordinationOptions options, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(options.BackendUrl))
        {
            faults.Add($"BackendUrl is not set. Looked at: {CoordinationOptionsSetup.Places(key, connectionName)}. Set one of them to postgresql://user:password@host/database.");
        }
        else
        {
            BackendFactory.Check(options.BackendUrl, faults);
        }

        if (options.Schema is not { Length: > 0 and <= 63 } schema
            || !schema.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            || char.IsAsciiDigit(schema[0])
            || schema.StartsWith("pg_", StringComparison.Ordinal))
        {
            faults.Add($"Schema is '{options.Schema}'; it needs 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or pg_.");
        }
    }

    private void CheckNames(CoordinationOptions options, List<string> faults)
    {
        CheckName("Group", options.Group ?? applicationName, faults);
        CheckName("Prefix", options.Prefix, faults);
        if (options.MemberId is not null)
        {
            CheckName("MemberId", options.MemberId, faults);
        }

        if (options.LockPrefix is { } prefix && (prefix.Length > LongestName || !IsText(prefix)))
        {
            faults.Add($"LockPrefix has {prefix.Length} characters or one that is no text; at most {LongestName} characters are allowed.");
        }

        if (options.AdvertisedUrl is { } url && (url.Length > LongestUrl || !IsText(url) || !Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.IsFile))
        {
            faults.Add($"AdvertisedUrl must be an absolute url of at most {LongestUrl} characters, such as http://10.0.0.5:8080.");
        }
        else if (options.AdvertisedUrl is { } shown && new Uri(shown).UserInfo.Length > 0)
        {
            faults.Add("AdvertisedUrl has a user or password in it, which every member would see; remove it.");
        }
    }

    private static void CheckTimes(CoordinationOptions options, List<string> faults)
    {
        if (options.LeaseTime < TimeSpan.FromSeconds(1.5) || options.LeaseTime > TimeSpan.FromMinutes(10))
        {
            faults.Add($"LeaseTime is {options.LeaseTime}; it must be 1.5 seconds to 10 minutes.");
        }

        if (options.HeartbeatInterval is { } beat)
        {
            if (beat < TimeSpan.FromMilliseconds(100))
            {
                faults.Add($"HeartbeatInterval is {beat}; it must be at least 100 milliseconds.");
            }

            if (options.LeaseTime < 3 * beat)
            {
                faults.Add($"LeaseTime is {options.LeaseTime}, less than three heartbeats of {beat}: one lost packet would cost the lease. Raise LeaseTime or lower HeartbeatInterval.");
            }
        }

        if (options.CrashGrace <= TimeSpan.Zero || options.CrashGrace > TimeSpan.FromMinutes(10))
        {
            faults.Add($"CrashGrace is {options.CrashGrace}; it must be more than zero and at most 10 minutes.");
        }

        if (options.StartupTimeout <= TimeSpan.Zero || options.StartupTimeout.TotalMilliseconds > int.MaxValue)
        {
            faults.Add($"StartupTimeout is {options.StartupTimeout}; it must be more than zero and at most {int.MaxValue} milliseconds.");
        }
    }

    private static void CheckRest(CoordinationOptions options, List<string> faults)
    {
        if (options.MaxWaiterConnections is < 1 or > 100)
        {
            faults.Add($"MaxWaiterConnections is {options.MaxWaiterConnections}; it must be 1 to 100.");
        }

        if (options.MinimumMembers < 0)
        {
            faults.Add($"MinimumMembers is {options.MinimumMembers}; it must not be negative.");
        }

        CheckEnum(nameof(options.StartupMode), options.StartupMode, faults);
        CheckEnum(nameof(options.OnLeaseLost), options.OnLeaseLost, faults);
        CheckEnum(nameof(options.OnNameConflict), options.OnNameConflict, faults);
        CheckEnum(nameof(options.KeyFormat), options.KeyFormat, faults);
        try
        {
            GroupMembership.CheckMetadata(options.Metadata ?? new Dictionary<string, string>(), nameof(options.Metadata));
        }
        catch (ArgumentException e)
        {
            faults.Add(e.Message);
        }
    }

    private static void CheckEnum<T>(string option, T value, List<string> faults)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            faults.Add($"{option} is {value}; it must be {string.Join(" or ", Enum.GetNames<T>())}.");
        }
    }

    private static void CheckName(string option, string? value, List<string> faults)
    {
        if (value is not { Length: > 0 and <= LongestName } || !IsText(value))
        {
            faults.Add($"{option} has {value?.Length ?? 0} characters or one that is no text; it needs 1 to {LongestName} characters without control characters.");
        }
    }

    private static bool IsText(string value)
    {
        try
        {
            _ = StrictUtf8.Encoding.GetByteCount(value);
            return !value.Any(char.IsControl);
        }
        catch (EncoderFallbackException)
        {
            return false; // half of a surrogate pair
        }
    }
}

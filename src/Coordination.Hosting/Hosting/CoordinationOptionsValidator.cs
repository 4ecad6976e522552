using System.Globalization;
using Coordination.Membership;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>Checks the options before anything is connected; all faults in one message, each with value and remedy.</summary>
/// <param name="places">Where the settings come from, for the message that says that they come from nowhere.</param>
/// <param name="applicationName">The group by default.</param>
internal sealed class CoordinationOptionsValidator(SettingPlaces places, string applicationName) : IValidateOptions<CoordinationOptions>
{
    private const int LongestName = 200;
    private const int LongestPrefix = 100; // the default member id has the prefix, the host and two numbers in it
    private const int LongestUrl = 2048;

    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ShortestBeat = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestStart = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CoordinationOptions options)
    {
        if (name != places.OptionsName)
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> faults = [];
        CheckBackend(options, faults);
        CheckNames(options, faults);
        CheckUrl(options.AdvertisedUrl, faults);
        CheckTimes(options, faults);
        CheckRest(options, faults);
        CheckMetadata(options.Metadata, faults);
        return faults.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(fault => $"{places.Title}: {fault}"));
    }

    private void CheckBackend(CoordinationOptions options, List<string> faults)
    {
        if (options.BindingFault is { } fault)
        {
            faults.Add(fault);
        }

        if (string.IsNullOrWhiteSpace(options.BackendUrl))
        {
            faults.Add($"BackendUrl is not set. Looked at, in this order: {places}. Set one of them, to postgresql://user:password@host/database for example.");
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
            faults.Add($"Schema is {Show(options.Schema)}; it must be 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or pg_.");
        }
    }

    private void CheckNames(CoordinationOptions options, List<string> faults)
    {
        CheckName(nameof(options.Group), options.Group ?? applicationName, LongestName, faults);
        CheckName(nameof(options.Prefix), options.Prefix, LongestPrefix, faults);
        if (options.MemberId is not null)
        {
            CheckName(nameof(options.MemberId), options.MemberId, LongestName, faults);
        }

        if (options.LockPrefix is { } prefix && (prefix.Length > LongestName || !IsText(prefix)))
        {
            faults.Add($"LockPrefix is {Show(prefix)}; it must have at most {LongestName} characters, none of them a control character.");
        }
    }

    private static void CheckUrl(string? text, List<string> faults)
    {
        if (text is null)
        {
            return;
        }

        // A path is an absolute url of a file, on Unix and to Uri; it also throws for some, such as // and a sign of direction, instead of refusing them.
        if (text.Length is 0 or > LongestUrl
            || !IsText(text)
            || !char.IsAsciiLetter(text[0])
            || text.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
            || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.IsFile)
        {
            faults.Add($"AdvertisedUrl is not an absolute url of at most {LongestUrl} characters. Write it with its scheme: http://10.0.0.5:8080.");
        }
        else if (url.UserInfo.Length > 0)
        {
            faults.Add("AdvertisedUrl has a user or password in it, which every member would see. Remove it.");
        }
    }

    private static void CheckTimes(CoordinationOptions options, List<string> faults)
    {
        if (options.LeaseTime < ShortestLease || options.LeaseTime > Longest)
        {
            faults.Add($"LeaseTime is {options.LeaseTime}; it must be 1.5 seconds to 10 minutes.");
        }

        if (options.HeartbeatInterval is { } beat)
        {
            if (beat < ShortestBeat)
            {
                faults.Add($"HeartbeatInterval is {beat}; it must be at least 100 milliseconds.");
            }

            if (beat > options.LeaseTime / 3)
            {
                faults.Add($"LeaseTime is {options.LeaseTime}, less than three heartbeats of {beat}: one lost packet would cost the lease. Raise LeaseTime or lower HeartbeatInterval.");
            }
        }

        if (options.CrashGrace <= TimeSpan.Zero || options.CrashGrace > Longest)
        {
            faults.Add($"CrashGrace is {options.CrashGrace}; it must be more than zero and at most 10 minutes.");
        }

        if (options.StartupTimeout <= TimeSpan.Zero || options.StartupTimeout > LongestStart)
        {
            faults.Add($"StartupTimeout is {options.StartupTimeout}; it must be more than zero and at most one day. To start without the backend, set StartupMode to Background.");
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
            faults.Add($"MinimumMembers is {options.MinimumMembers}; it must not be negative. Set 0 to ask for none.");
        }

        CheckEnum(nameof(options.AllowPooler), options.AllowPooler, faults);
        CheckEnum(nameof(options.HeartbeatMode), options.HeartbeatMode, faults);
        CheckEnum(nameof(options.StartupMode), options.StartupMode, faults);
        CheckEnum(nameof(options.OnLeaseLost), options.OnLeaseLost, faults);
        CheckEnum(nameof(options.OnNameConflict), options.OnNameConflict, faults);
        CheckEnum(nameof(options.KeyFormat), options.KeyFormat, faults);
    }

    private static void CheckMetadata(IDictionary<string, string>? metadata, List<string> faults)
    {
        if (metadata is null)
        {
            faults.Add("Metadata is null; leave it empty to tell nothing.");
            return;
        }

        if (metadata.Keys.FirstOrDefault(key => key.StartsWith(Member.ReservedMetadata, StringComparison.Ordinal)) is { } reserved)
        {
            faults.Add($"Metadata has the key '{reserved}'; what begins with '{Member.ReservedMetadata}' is the library's own. Choose another key.");
        }

        try
        {
            GroupMembership.CheckMetadata(metadata, nameof(metadata));
        }
        catch (ArgumentException e)
        {
            // Without the "(Parameter …)" that the framework adds for programmers.
            faults.Add(e.Message.Replace($" (Parameter '{nameof(metadata)}')", string.Empty, StringComparison.Ordinal));
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

    private static void CheckName(string option, string? value, int most, List<string> faults)
    {
        if (value is null || value.Length == 0 || value.Length > most || !IsText(value))
        {
            faults.Add($"{option} is {Show(value)}; it must have 1 to {most} characters, none of them a control character.");
        }
    }

    private static bool IsText(string value) => StrictUtf8.CanExpress(value) && !value.Any(char.IsControl);

    // Long and broken values are told, not repeated: the log that shows them must stay readable.
    private static string Show(string? value) => value switch
    {
        null => "null",
        { Length: > 80 } => string.Create(CultureInfo.InvariantCulture, $"{value.Length} characters long"),
        _ when !IsText(value) => "not a text (it has a control character or half of a surrogate pair in it)",
        _ => $"'{value}'",
    };
}

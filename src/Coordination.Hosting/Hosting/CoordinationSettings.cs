using Coordination.Backends;

namespace Coordination.Hosting;

/// <summary>The options after they were checked, with every default filled in; nothing changes them any more.</summary>
internal sealed record CoordinationSettings
{
    public required string BackendUrl { get; init; }

    /// <summary>Nothing was configured: the url is that of the embedded backend.</summary>
    public bool IsEmbedded { get; init; }

    public required MemberProfile Profile { get; init; }

    public required string LockPrefix { get; init; }

    public required KeyFormat KeyFormat { get; init; }

    public required int MaxWaiterConnections { get; init; }

    public required bool PostReleases { get; init; }

    public required StartupMode StartupMode { get; init; }

    public required TimeSpan StartupTimeout { get; init; }

    public required OnLeaseLost OnLeaseLost { get; init; }

    public required string Schema { get; init; }

    public required bool CreateSchema { get; init; }

    public required AllowPooler AllowPooler { get; init; }

    public required int MinimumMembers { get; init; }

    public required bool DisableMetrics { get; init; }

    public required bool DisableTracing { get; init; }

    /// <summary>The application's word on whether it is degraded.</summary>
    public Func<string?>? Degraded { get; init; }

    /// <summary>Fills the defaults in.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="applicationName">The group by default.</param>
    public static CoordinationSettings From(CoordinationOptions options, string applicationName)
    {
        var group = options.Group ?? applicationName;
        return new CoordinationSettings
        {
            BackendUrl = options.BackendUrl!,
            IsEmbedded = options.IsEmbedded,
            LockPrefix = options.LockPrefix ?? (options.KeyFormat is KeyFormat.Default ? group + "." : string.Empty),
            KeyFormat = options.KeyFormat,
            MaxWaiterConnections = options.MaxWaiterConnections,
            PostReleases = options.PostReleases,
            StartupMode = options.StartupMode,
            StartupTimeout = options.StartupTimeout,
            OnLeaseLost = options.OnLeaseLost,
            Schema = options.Schema,
            CreateSchema = options.CreateSchema,
            AllowPooler = options.AllowPooler,
            MinimumMembers = options.MinimumMembers,
            DisableMetrics = options.DisableMetrics,
            DisableTracing = options.DisableTracing,
            Degraded = options.Degraded,
            Profile = new MemberProfile
            {
                Group = group,
                MemberId = options.MemberId ?? DefaultMemberId(options.Prefix),
                Observe = options.Observe,
                Url = options.AdvertisedUrl is { } url ? new Uri(url, UriKind.Absolute) : null,
                Metadata = new Dictionary<string, string>(options.Metadata),
                LeaseTime = options.LeaseTime,
                HeartbeatInterval = options.HeartbeatInterval ?? options.LeaseTime / 4,
                HeartbeatMode = options.HeartbeatMode,
                CrashGrace = options.CrashGrace,
                CrashWatch = options.CrashWatch,
                OnNameConflict = options.OnNameConflict,
            },
        };
    }

    /// <summary>The same with more to tell about this member.</summary>
    public CoordinationSettings With(IEnumerable<KeyValuePair<string, string>> notes) =>
        this with { Profile = Profile with { Metadata = new Dictionary<string, string>(Profile.Metadata.Concat(notes), StringComparer.Ordinal) } };

    /// <inheritdoc/>
    public override string ToString() => $"{Profile.MemberId} in {Profile.Group}"; // never the url: it carries the password

    private static string DefaultMemberId(string prefix)
    {
        var random = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(3));
        return $"{prefix}.{Environment.MachineName}.{Environment.ProcessId}.{random}";
    }
}

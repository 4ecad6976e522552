namespace Coordination;

/// <summary>The settings of one membership. Checked when the host starts; every fault is named in one message.</summary>
public sealed class CoordinationOptions
{
    /// <summary>Where the group lives.</summary>
    /// <remarks>
    /// A parameter that cannot be honoured is an error and never ignored. In a key=value string, which is often the application's
    /// own, pooling, enlisting, multiplexing, command timeout, keepalive and application name are accepted and overridden.
    /// No message, log or page of this library shows a password.
    /// </remarks>
    /// <value>
    /// <c>postgresql://user:password@host[:port][,host2…]/database?sslmode=require</c> (a libpq URI), an Npgsql key=value string,
    /// <c>file:///folder</c> (the processes of one machine), or <c>memory://name</c> (one process only, for tests). No default, but for
    /// a folder of the application's own in Development. Configuration section <c>Coordination</c>, then
    /// <c>ConnectionStrings:coordination</c>, then environment variable <c>COORDINATION_URI</c> are asked, and the first that has one
    /// wins; the delegate of <c>AddCoordination</c> comes last and overrides them.
    /// </value>
    public string? BackendUrl { get; set; }

    /// <summary>The service group.</summary>
    /// <value>The application's name by default; 1 to 200 characters, none of them a control character.</value>
    public string? Group { get; set; }

    /// <summary>The name of this member, unique among the living.</summary>
    /// <value><c>{Prefix}.{host}.{process id}.{6 hex digits}</c> by default, new at every start; a stable name (a pod's) may be given. 1 to 200 characters, none of them a control character.</value>
    public string? MemberId { get; set; }

    /// <summary>Tells kinds of service on one host apart; the first part of the default member id.</summary>
    /// <value><c>default</c>; 1 to 100 characters, none of them a control character.</value>
    public string Prefix { get; set; } = "default";

    /// <summary>Put before every lock name. Services that must exclude each other share it.</summary>
    /// <value><c>{Group}.</c> by default for <see cref="KeyFormat.Default"/>, nothing for the compatible formats; at most 200 characters.</value>
    public string? LockPrefix { get; set; }

    /// <summary>Read and watch the group and take locks without being a member of it.</summary>
    /// <value>False.</value>
    public bool Observe { get; set; }

    /// <summary>Where other members reach this one.</summary>
    /// <value>The address the server listens on, once known, by default; an absolute url of at most 2,048 characters without a user or password in it.</value>
    public string? AdvertisedUrl { get; set; }

    /// <summary>What this member tells the others about itself.</summary>
    /// <remarks>
    /// <c>weight</c> is its share of the keys and partitions beside the others' (1 when absent; 0 to 1,000,000, such as <c>0.5</c>; 0 owns nothing),
    /// <c>zone</c> where it runs (<see cref="GroupView.OwnersOf"/> spreads over zones), <c>rank</c> its place among those who could lead (0 when
    /// absent, the lowest leads), <c>version</c> is for people.
    /// </remarks>
    /// <value>Empty; at most 8,192 bytes in all. <c>weight</c>, <c>zone</c>, <c>version</c> and <c>rank</c> have meaning.</value>
    public IDictionary<string, string> Metadata { get; set; } = new Dictionary<string, string>();

    /// <summary>How long the server keeps this member and its locks after it last heard from it. We stop believing a tenth earlier.</summary>
    /// <value>10 seconds; 1.5 seconds to 10 minutes, at least three times <see cref="HeartbeatInterval"/>.</value>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often the member writes its heartbeat. Between two it looks at the group at least every half second.</summary>
    /// <value>A quarter of <see cref="LeaseTime"/> when null; 100 milliseconds to a third of <see cref="LeaseTime"/>.</value>
    public TimeSpan? HeartbeatInterval { get; set; }

    /// <summary>What a heartbeat writes.</summary>
    /// <value><see cref="HeartbeatMode.Written"/>. Each member of a group may have its own. No meaning for <c>memory://</c> and for observers, which write none.</value>
    public HeartbeatMode HeartbeatMode { get; set; } = HeartbeatMode.Written;

    /// <summary>How long a broken connection may take to come back before another member may call it a death.</summary>
    /// <value>3 seconds; more than zero, at most 10 minutes.</value>
    public TimeSpan CrashGrace { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Whether a second connection sees within milliseconds that a neighbour in the group has crashed, and hears of new views at once.
    /// False: one connection for each process; then heartbeats look for the crashed.
    /// </summary>
    /// <value>True. Each member of a group may have its own.</value>
    public bool CrashWatch { get; set; } = true;

    /// <summary>The bound on connections that wait for locks which other processes hold. They are opened when needed.</summary>
    /// <value>8; 1 to 100.</value>
    public int MaxWaiterConnections { get; set; } = 8;

    /// <summary>
    /// Whether disposing a handle returns as soon as the release stands in the session's line, instead of when the server has carried it out.
    /// Under load that is up to twice as fast. Callers in this process see no difference; a call in another process that only tries may find
    /// the lock still taken for the length of a round trip. <see cref="ILockHandle.ReleaseAsync"/> always waits for the server's answer.
    /// </summary>
    /// <value>False.</value>
    public bool PostReleases { get; set; }

    /// <summary>Whether the host may start without the backend.</summary>
    /// <value><see cref="StartupMode.Required"/>.</value>
    public StartupMode StartupMode { get; set; } = StartupMode.Required;

    /// <summary>How long a required start keeps trying.</summary>
    /// <value>30 seconds; more than zero, at most one day.</value>
    public TimeSpan StartupTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What to do when the lease is lost.</summary>
    /// <value><see cref="OnLeaseLost.Reconnect"/>.</value>
    public OnLeaseLost OnLeaseLost { get; set; } = OnLeaseLost.Reconnect;

    /// <summary>What to do when a living member has our <see cref="MemberId"/>.</summary>
    /// <value><see cref="OnNameConflict.Supersede"/>.</value>
    public OnNameConflict OnNameConflict { get; set; } = OnNameConflict.Supersede;

    /// <summary>The schema of our tables.</summary>
    /// <value><c>coordination</c>; 1 to 63 lower-case letters, digits and underscores, not beginning with a digit or <c>pg_</c>.</value>
    public string Schema { get; set; } = "coordination";

    /// <summary>Whether to create and upgrade the tables. When false they are only checked, and the error lists what is missing.</summary>
    /// <value>True.</value>
    public bool CreateSchema { get; set; } = true;

    /// <summary>Whether a connection pooler may stand between this process and the server.</summary>
    /// <value><see cref="AllowPooler.None"/>. Behind one, the pool must have room for all our connections at once: each keeps its server session.</value>
    public AllowPooler AllowPooler { get; set; } = AllowPooler.None;

    /// <summary>How a lock name becomes a key of the server, to share locks with other libraries.</summary>
    /// <value><see cref="KeyFormat.Default"/>.</value>
    public KeyFormat KeyFormat { get; set; } = KeyFormat.Default;

    /// <summary>Fewer members than this make the health check report Degraded.</summary>
    /// <value>1; not negative.</value>
    public int MinimumMembers { get; set; } = 1;

    /// <summary>Whether nothing is to be measured for this membership.</summary>
    /// <value>False: the meter <c>Coordination.Hosting</c> shows it to whoever listens.</value>
    public bool DisableMetrics { get; set; }

    /// <summary>Whether no spans are to be made for this membership.</summary>
    /// <value>False: the activity source <c>Coordination.Hosting</c> makes them for whoever listens.</value>
    public bool DisableTracing { get; set; }

    /// <summary>
    /// Tells whether this process is degraded: alive, but not up to new work. It is asked once a second. While it returns a reason, all members see
    /// this one as degraded (<see cref="Member.IsDegraded"/>): it is not the leader of the group, resigns its roles and campaigns for none, gets no
    /// new partitions (and keeps those that it has), and its health check says Degraded with the reason.
    /// </summary>
    /// <remarks>
    /// With a service of the container: <c>services.AddOptions&lt;CoordinationOptions&gt;().Configure&lt;Backlog&gt;((options, backlog) =&gt; options.Degraded =
    /// () =&gt; backlog.IsFull ? "the backlog is full" : null)</c>. It runs on a thread of the pool and must not block. What it throws counts as a reason.
    /// </remarks>
    /// <value>Null: never degraded. It returns the reason in a few words (at most 200 characters are shown), or null.</value>
    public Func<string?>? Degraded { get; set; }

    /// <summary>Why the configuration section could not be read; for the validator.</summary>
    internal string? BindingFault { get; set; }

    /// <summary>No backend was named, and this is development: the url is that of the embedded one.</summary>
    internal bool IsEmbedded { get; set; }
}

using Coordination;

namespace Conductors.Demo;

/// <summary>The processes of the demo: three conductors and an api, and what each of them sees.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    /// <summary>The library's default: a machine that other work keeps from the demo for some seconds costs nobody the lease.</summary>
    public static readonly TimeSpan LeaseTime = new CoordinationOptions().LeaseTime;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string> _settings;
    private readonly Action<string>? _show;
    private readonly List<ReplicaProcess> _replicas = [];
    private readonly List<ViewWatch> _watches = [];
    private readonly HashSet<ReplicaProcess> _gone = [];

    public Fleet(string databaseUrl, DemoSchemas schemas, Action<string>? show)
    {
        _show = show;
        _settings = new Dictionary<string, string>
        {
            ["Coordination:BackendUrl"] = databaseUrl,
            ["Coordination:Group"] = schemas.Nodes,
            ["Coordination:Schema"] = schemas.Coordination,
            ["Nodes:Schema"] = schemas.Nodes,
            ["ShutdownTimeoutSeconds"] = "10",
        };
        if (Roles.NodeDatabase.FolderOf(databaseUrl) is null)
        {
            _settings["ConnectionStrings:nodes"] = Roles.NodeDatabase.Translate(databaseUrl);
        }
    }

    /// <summary>Sends every request of the demo; none of them has a limit of its own.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { MaxConnectionsPerServer = 100 }) { Timeout = Timeout.InfiniteTimeSpan };

    public IReadOnlyList<ReplicaProcess> Conductors => [.. _replicas.Where(replica => replica != Api)];

    public ReplicaProcess Api => _replicas[^1];

    /// <summary>Those that were neither killed nor stopped.</summary>
    public IReadOnlyList<ReplicaProcess> Running => [.. _replicas.Where(replica => !_gone.Contains(replica))];

    /// <summary>What each replica has seen, also of those that are gone.</summary>
    public IReadOnlyList<ViewWatch> Watches => _watches;

    /// <summary>What those see that were neither killed nor stopped.</summary>
    public IReadOnlyList<ViewWatch> Survivors => [.. Running.Select(replica => _watches.Single(watch => watch.Seer == replica.Id))];

    /// <summary>Starts all of them at the same time, and begins to watch what they see.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (id, role) in (IEnumerable<(string, string)>)[("conductor-1", "conductor"), ("conductor-2", "conductor"), ("conductor-3", "conductor"), ("api-1", "api")])
        {
            _replicas.Add(new ReplicaProcess(id, role, _settings, _show));
        }

        await Task.WhenAll(_replicas.Select(replica => replica.WaitUntilListeningAsync(StartLimit, cancellationToken)));
        _watches.AddRange(_replicas.Select(replica => new ViewWatch(replica, Http, TimeProvider.System)));
    }

    /// <summary>From now on this one does not count as running.</summary>
    public void Forget(ReplicaProcess replica) => _gone.Add(replica);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_watches.Select(watch => watch.DisposeAsync().AsTask()));
        await Task.WhenAll(_replicas.Select(replica => replica.DisposeAsync().AsTask()));
        Http.Dispose();
    }
}

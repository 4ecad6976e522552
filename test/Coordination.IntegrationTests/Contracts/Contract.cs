namespace Coordination.IntegrationTests.Contracts;

/// <summary>What every contract suite has: replicas of one group, new for every test, on the backend that the suite is run for.</summary>
/// <remarks>Tests wait for events. Their one limit is for a hang: it cancels <see cref="Ending"/>, which every wait listens to.</remarks>
public abstract class Contract : IAsyncLifetime
{
    /// <summary>For a hang, in milliseconds.</summary>
    protected const int Limit = 120_000;

    private readonly List<Replica> _replicas = [];

    protected static CancellationToken Ending => TestContext.Current.CancellationToken;

    /// <summary>The group of this test.</summary>
    protected string GroupName { get; } = $"orders-{Guid.NewGuid():N}";

    /// <summary>Where the group lives. Groups of other tests may live there too.</summary>
    protected abstract string BackendUrl { get; }

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Task.WhenAll(_replicas.Select(replica => replica.DisposeAsync().AsTask()));
    }

    /// <summary>Does something in an async flow of its own, which holds nothing of what the test holds.</summary>
    protected static Task<T> Apart<T>(Func<Task<T>> action)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(action, Ending);
        }
    }

    /// <inheritdoc cref="Apart{T}"/>
    protected static Task Apart(Func<Task> action)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(action, Ending);
        }
    }

    /// <summary>A replica that has not been started.</summary>
    protected Replica Build(Action<CoordinationOptions>? configure = null)
    {
        var replica = new Replica(options =>
        {
            options.BackendUrl = BackendUrl;
            options.Group = GroupName;
            configure?.Invoke(options);
        });
        return Keep(replica);
    }

    protected Replica Keep(Replica replica)
    {
        lock (_replicas)
        {
            _replicas.Add(replica);
        }

        return replica;
    }

    protected async Task<Replica> StartAsync(Action<CoordinationOptions>? configure = null)
    {
        var replica = Build(configure);
        await replica.StartAsync();
        return replica;
    }

    protected Task<Replica> StartAsync(string memberId, Action<CoordinationOptions>? configure = null) => StartAsync(options =>
    {
        options.MemberId = memberId;
        configure?.Invoke(options);
    });
}

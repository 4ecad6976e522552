using Coordination.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.UnitTests.Hosting;

/// <summary>One membership with its hosted service, on a memory server of its own.</summary>
internal sealed class HostedHouse : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();

    public HostedHouse(Action<CoordinationOptions>? configure = null)
    {
        var options = new CoordinationOptions { BackendUrl = "memory://unused", MemberId = "me" };
        configure?.Invoke(options);
        Backend = new GatedBackend(Time);
        Runtime = new CoordinationRuntime(CoordinationSettings.From(options, "orders"), Backend, Time, NullLogger.Instance);
        Service = new CoordinationHostedService(() => Runtime, _services, Lifetime);
    }

    public ManualTime Time { get; } = new();

    public GatedBackend Backend { get; }

    public CoordinationRuntime Runtime { get; }

    public CoordinationHostedService Service { get; }

    public StubLifetime Lifetime { get; } = new();

    /// <summary>The test's own token: it ends a hang.</summary>
    public static CancellationToken Limit
    {
        get
        {
            var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(InTimeExtensions.Hang);
            return limit.Token;
        }
    }

    /// <summary>Waits until a view shows what is asked for.</summary>
    public async Task<GroupView> SeesAsync(Func<GroupView, bool> what)
    {
        await foreach (var view in Runtime.Membership.WatchAsync(Limit))
        {
            if (what(view))
            {
                return view;
            }
        }

        throw new InvalidOperationException("A watch has no end.");
    }

    public async ValueTask DisposeAsync()
    {
        // The farewell is bounded by a clock that nobody moves any more.
        await Service.StoppedAsync(new CancellationToken(canceled: true));
        await Runtime.DisposeAsync();
        await _services.DisposeAsync();
    }
}

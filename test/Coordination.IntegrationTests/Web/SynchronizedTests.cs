using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Web;

/// <summary>Services whose methods exclude each other among processes.</summary>
public sealed class SynchronizedTests : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://synchronized-{Guid.NewGuid():N}";
    private readonly LogCollector _log = new();
    private readonly List<Replica> _replicas = [];
    private IVnfService? _here;
    private IVnfService? _there;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    private IVnfService Here => _here!;

    private IVnfService There => _there!;

    private ILockProvider Locks => _replicas[1].Locks;

    public async ValueTask InitializeAsync() => (_here, _there) = (await StartAsync("here"), await StartAsync("there"));

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        _log.Dispose();
    }

    [Fact(Timeout = Limit)]
    public async Task Calls_with_one_value_run_one_after_the_other_and_say_what_they_waited_and_held()
    {
        var (begun, end) = (NewSignal(), NewSignal());
        var first = Here.HealAsync(new Vnf("web"), _ => WorkAsync(begun, end), Ending);
        await begun.Task.WaitAsync(Ending);

        var ran = false;
        var second = There.HealAsync(new Vnf("web"), _ => Task.FromResult($"{ran = true}"), Ending);
        Assert.Equal("other", await There.HealAsync(new Vnf("db"), _ => Task.FromResult("other"), Ending));
        Assert.Null(await Locks.TryAcquireAsync("HealAsync-web", cancellationToken: Ending));
        Assert.False(ran);
        end.SetResult();

        Assert.Equal("worked", await first.WaitAsync(Ending));
        Assert.Equal("True", await second.WaitAsync(Ending));
        Assert.Contains("5010 VnfService.HealAsync acquired lock 'HealAsync-web', token ", _log.Text, StringComparison.Ordinal);
        Assert.Contains("waited=00:", _log.Text, StringComparison.Ordinal);
        Assert.Contains("5011 VnfService.HealAsync released lock 'HealAsync-web', token ", _log.Text, StringComparison.Ordinal);
        Assert.Contains("held=00:", _log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Zero_seconds_fail_at_once_and_a_time_fails_after_it()
    {
        await using var held = await Locks.AcquireAsync("vnf-web", cancellationToken: Ending);

        await Assert.ThrowsAsync<LockTimeoutException>(() => Here.TryAsync(new Vnf("web"), _ => throw new InvalidOperationException("It ran.")));
        Assert.Throws<LockTimeoutException>(() => Here.Sync(new Vnf("web"), () => "ran"));
        var late = await Assert.ThrowsAsync<LockTimeoutException>(async () => await Here.SoonAsync(new Vnf("web"), _ => throw new InvalidOperationException("It ran.")));

        Assert.InRange(late.Waited, TimeSpan.FromSeconds(0.15), Limits.Step);
    }

    [Fact(Timeout = Limit)]
    public async Task Every_return_shape_runs_under_its_lock_and_returns_what_the_method_returned()
    {
        await Here.TryAsync(new Vnf("web"), _ => HeldAsync("b", "vnf-web"));
        await Here.SoonAsync(new Vnf("web"), _ => HeldAsync("c", "vnf-web"));
        Assert.Equal(7, await Here.GenericAsync("x", _ => HeldAsync(7, "first-x", "second-x")));
        Assert.Equal("d", await Here.GenericAsync("x", _ => HeldAsync("d", "first-x", "second-x")));
        Assert.Equal("free", Here.Free("free"));
        await using var all = await Locks.TryAcquireAllAsync(["vnf-web", "first-x", "second-x"], cancellationToken: Ending);
        Assert.NotNull(all);
    }

    [Fact(Timeout = Limit)]
    public async Task A_synchronous_method_runs_under_its_lock_on_the_thread_of_its_caller()
    {
        using var end = new ManualResetEventSlim();
        var begun = NewSignal();
        var calling = Task.Run(
            () =>
            {
                var caller = Environment.CurrentManagedThreadId;
                var result = Here.Sync(new Vnf("web"), () =>
                {
                    begun.SetResult();
                    end.Wait(Ending);
                    return $"{caller == Environment.CurrentManagedThreadId}";
                });
                return Here.Sync(new Vnf("web"), () => result); // the first call has left nothing behind in this flow
            },
            Ending);
        await begun.Task.WaitAsync(Ending);

        Assert.Null(await Locks.TryAcquireAsync("vnf-web", cancellationToken: Ending));
        end.Set();

        Assert.Equal("True", await calling.WaitAsync(Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task Shared_calls_run_beside_each_other()
    {
        var (begun, end) = (NewSignal(), NewSignal());
        var first = Here.ReadAsync(new Vnf("web"), _ => WorkAsync(begun, end));
        await begun.Task.WaitAsync(Ending);

        Assert.Equal("beside", await There.ReadAsync(new Vnf("web"), _ => Task.FromResult("beside")).WaitAsync(Ending));
        Assert.Null(await Locks.TryAcquireAsync("vnf-web", cancellationToken: Ending));
        end.SetResult();
        await first.WaitAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task The_exception_of_the_method_goes_through_and_the_lock_is_free_then()
    {
        var own = new InvalidOperationException("Its own.");

        Assert.Same(own, await Assert.ThrowsAsync<InvalidOperationException>(() => Here.HealAsync(new Vnf("web"), _ => throw own, Ending)));
        Assert.Same(own, Assert.Throws<InvalidOperationException>(() => Here.Sync(new Vnf("web"), () => throw own)));
        await using var free = await Locks.TryAcquireAllAsync(["HealAsync-web", "vnf-web"], cancellationToken: Ending);
        Assert.NotNull(free);
    }

    [Fact(Timeout = Limit)]
    public async Task A_null_placeholder_and_a_cancelled_wait_run_nothing()
    {
        await Assert.ThrowsAsync<ArgumentNullException>("vnf.id", () => Here.HealAsync(new Vnf(null), _ => throw new InvalidOperationException("It ran."), Ending));

        await using var held = await Locks.AcquireAsync("HealAsync-web", cancellationToken: Ending);
        using var gone = new CancellationTokenSource();
        var waiting = Here.HealAsync(new Vnf("web"), _ => throw new InvalidOperationException("It ran."), gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task Asking_again_for_the_lock_that_the_call_holds_is_a_deadlock_at_once()
    {
        await Assert.ThrowsAsync<LockDeadlockException>(() =>
            Here.HealAsync(new Vnf("web"), token => Here.HealAsync(new Vnf("web"), _ => Task.FromResult("ran"), token), Ending));
        Assert.Equal("ran", await Here.HealAsync(new Vnf("web"), _ => Task.FromResult("ran"), Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task When_the_lock_is_lost_the_token_of_the_method_fires_and_the_caller_is_told_unless_the_method_threw()
    {
        var (begun, end) = (NewSignal(), NewSignal());
        var (obeying, throwing) = (NewSignal(), NewSignal());
        var obeys = Here.HealAsync(new Vnf("a"), token => ObeyAsync(obeying, token), Ending);
        var throws = Here.HealAsync(new Vnf("b"), token => ThrowAsync(throwing, token), Ending);
        var ignores = Here.HealAsync(new Vnf("c"), _ => WorkAsync(begun, end), Ending);
        await Task.WhenAll(begun.Task, obeying.Task, throwing.Task).WaitAsync(Ending);

        // Whoever bears the same member id supersedes this replica, whose locks are lost with its membership.
        await using var rival = new Replica(o => (o.BackendUrl, o.Group, o.MemberId) = (_url, "orders", "here"));
        await rival.StartAsync();

        await Assert.ThrowsAsync<LockLostException>(() => obeys.WaitAsync(Ending));
        await Assert.ThrowsAsync<NotSupportedException>(() => throws.WaitAsync(Ending));
        end.SetResult();
        await Assert.ThrowsAsync<LockLostException>(() => ignores.WaitAsync(Ending));
    }

    private static async Task<string> ObeyAsync(TaskCompletionSource begun, CancellationToken token)
    {
        begun.SetResult();
        await NewSignal().Task.WaitAsync(token);
        return "never";
    }

    private static async Task<string> ThrowAsync(TaskCompletionSource begun, CancellationToken token)
    {
        begun.SetResult();
        var fired = NewSignal();
        await using var registration = token.Register(fired.SetResult);
        await fired.Task;
        throw new NotSupportedException("Its own.");
    }

    private static async Task<string> WorkAsync(TaskCompletionSource begun, TaskCompletionSource end)
    {
        begun.SetResult();
        await end.Task.WaitAsync(Ending);
        return "worked";
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<T> HeldAsync<T>(T result, params string[] names)
    {
        foreach (var name in names)
        {
            Assert.Null(await Locks.TryAcquireAsync(name, cancellationToken: Ending));
        }

        return result;
    }

    private async Task<IVnfService> StartAsync(string id)
    {
        var replica = new Replica(
            o => (o.BackendUrl, o.Group, o.MemberId) = (_url, "orders", id),
            collection => collection
                .AddLogging(logging => logging.ClearProviders().AddProvider(_log).SetMinimumLevel(LogLevel.Debug))
                .AddSynchronized<IVnfService, VnfService>(ServiceLifetime.Singleton));
        _replicas.Add(replica);
        await replica.StartAsync();
        return replica.Get<IVnfService>();
    }
}

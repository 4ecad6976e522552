using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A logger that never returns keeps the session's thread, which tells the answers of the server: nobody behind it gets one, and there are no more beats.</summary>
[Trait("Category", "Fault")]
public sealed class BlockedLoggerTests(PostgresServer server) : ReplicaScenario(server)
{
    private const int Limit = 180_000; // for a hang
    private const int LockAcquired = 3001;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task It_costs_the_process_its_lease_and_nobody_else_the_locks()
    {
        using var logger = new BlockingLogger("blocked-");
        await using var stuck = new Replica(options => Configure(options, "stuck"), services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(logger)));
        await using var other = new Replica(options => Configure(options, "other"));
        await stuck.StartAsync();
        await other.StartAsync();
        var held = await stuck.Locks.AcquireAsync("held", cancellationToken: Ending);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.Register(lost.SetResult);

        var asked = stuck.Locks.AcquireAllAsync([.. Enumerable.Range(0, 40).Select(i => new LockName($"blocked-{i}"))], cancellationToken: Ending).AsTask();
        try
        {
            await lost.Task.WaitAsync(Ending);

            Assert.False(held.IsHeld);
            await using var its = await other.Locks.AcquireAsync("held", cancellationToken: Ending);
            await using var theirs = await other.Locks.AcquireAsync("blocked-0", cancellationToken: Ending);
            Assert.True(its.IsHeld && theirs.IsHeld);
        }
        finally
        {
            logger.LetGo(); // or a test that failed would wait for the end of a host that cannot end
        }

        try
        {
            Assert.False((await asked.WaitAsync(Ending)).IsHeld);
        }
        catch (CoordinationException)
        {
            // Not granted at all is as good.
        }
    }

    private void Configure(CoordinationOptions options, string id) =>
        (options.BackendUrl, options.Group, options.MemberId, options.LeaseTime, options.HeartbeatInterval) = (Database.Url, "orders", id, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(0.5));

    private sealed class BlockingLogger(string prefix) : ILoggerProvider, ILogger
    {
        private readonly ManualResetEventSlim _goOn = new();

        public void LetGo() => _goOn.Set();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == LockAcquired && formatter(state, exception).Contains(prefix, StringComparison.Ordinal))
            {
                _goOn.Wait(CancellationToken.None);
            }
        }

        // Not the event: whoever still waits for it was let go by then.
        public void Dispose() => _goOn.Set();
    }
}

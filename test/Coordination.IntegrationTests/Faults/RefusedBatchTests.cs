using Coordination.IntegrationTests.Infrastructure;
using Npgsql;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The server gives up a batch of lock commands midway: what it did until then is put in order, or lost and told.</summary>
[Trait("Category", "Fault")]
public sealed class RefusedBatchTests(PostgresServer server) : IAsyncLifetime
{
    private const int Limit = 180_000; // for a hang
    private const int Callers = 64;
    private const int Cancels = 30;

    private PrivateCluster _cluster = null!;
    private Replica _replica = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await server.StartPrivateClusterAsync("max_locks_per_transaction=10", "max_connections=30");
        _replica = new Replica(options => (options.BackendUrl, options.Group, options.PostReleases) = (_cluster.Address.Url, "orders", true));
        await _replica.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _replica.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_cancelled_batch_leaves_nothing_taken_twice_and_nothing_held()
    {
        using var enough = new CancellationTokenSource();
        var ours = $"application_name = 'coordination/orders/{_replica.Group.Self!.Id}'";
        var refusals = 0;
        var callers = Enumerable.Range(0, Callers).Select(i => Task.Run(
            async () =>
            {
                // A release and the next try of its name go in one batch.
                while (!enough.IsCancellationRequested)
                {
                    try
                    {
                        await using var held = await _replica.Locks.AcquireAsync($"name-{i}", cancellationToken: Ending);
                    }
                    catch (CoordinationException refused) when (refused.Message.Contains(PostgresErrorCodes.QueryCanceled, StringComparison.Ordinal))
                    {
                        Interlocked.Increment(ref refusals);
                    }
                    catch (CoordinationUnavailableException)
                    {
                        await JoinedAsync(); // a beat was hit: the session is opened again
                    }
                }
            },
            Ending)).ToList();

        await using (var other = await _cluster.Address.OpenAsync())
        {
            while (Volatile.Read(ref refusals) < Cancels * Callers / 4 && !callers.Any(caller => caller.IsFaulted))
            {
                // Batches only, as LockSql begins them: the proofs of a session that is being opened read from unnest as well, and a storm without end on those keeps it from ever coming back.
                await RunAsync(other, $"select pg_cancel_backend(pid) from pg_stat_activity where {ours} and state = 'active' and query like 'select case o %'");
            }
        }

        await enough.CancelAsync();
        await Task.WhenAll(callers);
        await JoinedAsync();
        await Eventually.BecomesTrueAsync(
            async () => await _cluster.Address.ScalarAsync<long>($"select count(*) from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and {ours} and query not like '%.watch(%'") == 1,
            "our session holds its member's key and nothing else");
    }

    [Fact(Timeout = Limit)]
    public async Task A_full_lock_table_ends_the_session_and_says_what_to_raise_and_it_comes_back_when_there_is_room()
    {
        var held = await _replica.Locks.AcquireAsync("held", cancellationToken: Ending);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.Register(lost.SetResult);
        await using (var other = await _cluster.Address.OpenAsync())
        {
            // Within a block that catches it, because the driver closes a connection at this error.
            await RunAsync(other, "do $$ begin perform pg_advisory_lock(7, i) from generate_series(1, 1000000) i; exception when out_of_memory then null; end $$");
            await Assert.ThrowsAnyAsync<CoordinationException>(() => _replica.Locks.AcquireAllAsync([.. Enumerable.Range(0, 20).Select(i => new LockName($"name-{i}"))], cancellationToken: Ending).AsTask());
            await lost.Task.WaitAsync(Ending);
            Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(Ending));
            await RunAsync(other, "select pg_advisory_unlock_all()");
        }

        await JoinedAsync();
        await using var again = await _replica.Locks.AcquireAsync("held", cancellationToken: Ending);
        Assert.True(again.IsHeld);
    }

    private Task JoinedAsync() => Eventually.BecomesTrueAsync(() => Task.FromResult(_replica.Group.State is MembershipState.Joined), "a member again");

    private static async Task RunAsync(NpgsqlConnection connection, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync(Ending);
    }
}

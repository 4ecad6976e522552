using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Exclusion while everything that can break breaks, watched by the database itself.</summary>
/// <remarks>COORDINATION_TEST_CHAOS sets the number of sections; 2,000,000 is the number that the guarantees are claimed for.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class ChaosTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly int Sections = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_CHAOS") ?? "8000", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(700);

    private readonly Random _random = new(int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_SEED") ?? "1", CultureInfo.InvariantCulture));
    private readonly Replica[] _replicas = new Replica[3];
    private readonly SortedDictionary<string, int> _done = [];
    private PrivateCluster _cluster = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await server.StartPrivateClusterAsync();
        await using var connection = await _cluster.Address.OpenAsync();
        await CriticalSectionChecker.InstallAsync(connection, CriticalSectionWorker.Names);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_replicas.OfType<Replica>().Select(replica => replica.DisposeAsync().AsTask()));
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task No_two_hold_one_lock_while_processes_are_killed_and_frozen_sessions_ended_and_the_database_restarted()
    {
        for (var i = 0; i < _replicas.Length; i++)
        {
            _replicas[i] = await StartAsync(i);
        }

        // Each fault at least once, then at random until enough was visited.
        Func<Task>[] faults = [KillAsync, FreezeBrieflyAsync, FreezeBeyondTheLeaseAsync, TerminateAsync, RestartAsync];
        for (var i = 0; i < faults.Length || await VisitsAsync() < Sections; i++)
        {
            await Task.Delay(Pause, TimeProvider.System, Ending);
            var fault = i < faults.Length ? faults[i] : faults[_random.Next(faults.Length - 1)]; // one restart is enough for a run
            _done[fault.Method.Name] = _done.GetValueOrDefault(fault.Method.Name) + 1;
            await fault();
        }

        await Task.WhenAll(_replicas.Select(EndAsync));
        var faultsFound = await _cluster.Address.ScalarAsync<string>(
            "select coalesce(string_agg(format('%s of %s, token %s against %s, %s against %s', kind, name, token, fence, accuser_app, other_app), E'\n' order by id), '') from checker.fault where verdict = 'confirmed'");
        TestContext.Current.SendDiagnosticMessage(
            $"{await VisitsAsync()} critical sections; {string.Join(", ", _done.Select(pair => $"{pair.Value} x {pair.Key}"))}; " +
            await _cluster.Address.ScalarAsync<string>("select coalesce(string_agg(format('%s %s: %s', n, kind, verdict), ', '), 'no accusations') from (select kind, verdict, count(*) n from checker.fault group by kind, verdict) t"));
        Assert.Equal(string.Empty, faultsFound);
        await NothingIsLeftAsync();
    }

    private async Task<Replica> StartAsync(int place)
    {
        var replica = await Replica.StartedAsync(
            _cluster.Address.Url, ("Group", "chaos"), ("MemberId", App(place)), ("LeaseTime", Lease.ToString()), ("PostReleases", place == 0 ? "true" : "false"), ("Logging:LogLevel:Default", "Error"));
        replica.Tell(new ReplicaCommand("sections")
        {
            Id = "sections",
            Name = new NpgsqlConnectionStringBuilder(_cluster.Address.ConnectionString) { ApplicationName = App(place), CommandTimeout = 5 }.ConnectionString,
            Count = 16,
        });
        return replica;
    }

    private async Task KillAsync()
    {
        var place = _random.Next(_replicas.Length);
        await _replicas[place].SignalAsync("KILL");
        await _replicas[place].DisposeAsync();
        _replicas[place] = await StartAsync(place);
    }

    private Task FreezeBrieflyAsync() => FreezeAsync(Lease * 0.4);

    private Task FreezeBeyondTheLeaseAsync() => FreezeAsync(Lease * 1.6);

    private async Task FreezeAsync(TimeSpan time)
    {
        var place = _random.Next(_replicas.Length);
        await ExcuseAsync(App(place), time + TimeSpan.FromSeconds(2));
        await _replicas[place].SignalAsync("STOP");
        await Task.Delay(time, TimeProvider.System, Ending);
        await _replicas[place].SignalAsync("CONT");
    }

    /// <summary>Ends one connection of a replica: its session, or one that waits or keeps a lock.</summary>
    private async Task TerminateAsync()
    {
        var place = _random.Next(_replicas.Length);
        await ExcuseAsync(App(place), TimeSpan.FromSeconds(2));
        await _cluster.Address.ExecuteAsync(
            $"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'coordination/chaos/{App(place)}' order by random() limit 1");
    }

    private async Task RestartAsync()
    {
        for (var place = 0; place < _replicas.Length; place++)
        {
            await ExcuseAsync(App(place), TimeSpan.FromSeconds(10));
        }

        await _cluster.StopImmediatelyAsync();
        await _cluster.StartAsync();
    }

    private Task ExcuseAsync(string app, TimeSpan time) => _cluster.Address.ExecuteAsync(string.Create(
        CultureInfo.InvariantCulture, $"insert into checker.excuse (app, until) values ('{app}', clock_timestamp() + {time.TotalSeconds} * interval '1 second')"));

    private static async Task EndAsync(Replica replica)
    {
        await replica.AskAsync("sections-stop", limit: Limits.Long);
        Assert.Equal("sections-done", (await replica.ExpectAsync(said => said.Id == "sections", "that its callers have stopped", Limits.Long)).Kind);
        await replica.SignalAsync("TERM");
        Assert.Equal(0, await replica.ExitAsync(Limits.Long));
    }

    private Task NothingIsLeftAsync() => Eventually.BecomesTrueAsync(
        async () => await _cluster.Address.ScalarAsync<long>(
            "select (select count(*) from pg_locks where locktype = 'advisory') + (select count(*) from pg_stat_activity where application_name like 'coordination/%')") == 0,
        "no lock and no connection of ours is left at the server");

    private async Task<long> VisitsAsync() => await _cluster.Address.ScalarAsync<long>("select sum(visits)::bigint from checker.section");

    private static string App(int place) => $"chaos-{place}";
}

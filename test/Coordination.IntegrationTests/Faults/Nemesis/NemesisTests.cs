using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>Eight processes, and everything that can happen to them, at random.</summary>
/// <remarks>
/// COORDINATION_TEST_NEMESIS_MINUTES sets for how long, COORDINATION_TEST_SEED chooses what happens; the guarantees are claimed for 30 minutes.
/// What is done follows from the seed, when it is done also from the machine.
/// </remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class NemesisTests(PostgresServer server, ITestOutputHelper output) : IAsyncLifetime
{
    private const int Members = 8;
    private const int MostInTrouble = 4;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Whoever was struck is left alone for so long, so that two small faults do not add up to a great one.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Duration = Environment.GetEnvironmentVariable("COORDINATION_TEST_NEMESIS_MINUTES") is { } minutes
        ? TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture))
        : TimeSpan.FromSeconds(20);

    private static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_SEED") ?? "1", CultureInfo.InvariantCulture);

    private readonly Random _random = new(Seed);
    private readonly HistoryRecorder _recorder = new(TimeProvider.System);
    private readonly Slot[] _slots = [.. Enumerable.Range(0, Members).Select(i => new Slot($"pod-{i}"))];
    private readonly SortedDictionary<string, int> _done = [];
    private PrivateCluster _cluster = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await server.StartPrivateClusterAsync();

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_slots.Select(slot => slot.Trouble)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_slots.Select(slot => slot.Replica?.DisposeAsync().AsTask() ?? Task.CompletedTask));
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_happens_to_the_processes_and_the_database_no_promise_of_the_group_is_broken()
    {
        await Task.WhenAll(_slots.Select(StartAsync));
        await IsWholeAsync();

        // Each fault once, then at random until the time is over. A restart of the database is one of many.
        Func<Task>[] common = [KillLeaderAsync, KillTwoAsync, FreezeBrieflyAsync, FreezeForTheLeaseAsync, FreezeBeyondTheLeaseAsync, TerminateSessionAsync, TerminateWatcherAsync, TerminateAnyAsync, StopAsync];
        Func<Task>[] rare = [RestartFastAsync, RestartImmediatelyAsync];
        Func<Task>[] first = [.. common, rare[_random.Next(rare.Length)]];
        _random.Shuffle(first);
        var began = _recorder.Now;
        for (var i = 0; i < first.Length || _recorder.Now - began < Duration.TotalSeconds; i++)
        {
            await PauseAsync(0.2, 1.2);
            var fault = i < first.Length ? first[i] : _random.Next(12) == 0 ? rare[_random.Next(rare.Length)] : common[_random.Next(common.Length)];
            _done[fault.Method.Name] = _done.GetValueOrDefault(fault.Method.Name) + 1;
            await fault();
            Assert.All(_slots, slot => Assert.False(slot.Trouble.IsFaulted, slot.Trouble.Exception?.ToString()));
        }

        await Task.WhenAll(_slots.Select(slot => slot.Trouble));
        Exception? never = null;
        try
        {
            await IsWholeAsync();
        }
        catch (TimeoutException e)
        {
            never = e;
        }

        Judge(never);
    }

    private void Judge(Exception? never)
    {
        var history = _recorder.Read(Lease, Grace);
        var violations = HistoryChecker.Check(history);
        var seen = HistoryChecker.Detections(history).Order().ToList();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {Seed}, {_recorder.Now:0} s: {string.Join(", ", _done.Select(pair => $"{pair.Value} x {pair.Key}"))}; {history.Views.Count} views seen, {history.Tenures.Count} tenures, {history.Tenures.Count(tenure => tenure.Office is not Tenure.Lock)} of them of leaders; " +
            $"{seen.Count} kills seen by all who could, p50 {seen.ElementAtOrDefault(seen.Count / 2):0.000} s, max {seen.LastOrDefault():0.000} s"));
        if (violations.Count > 0 || never is not null)
        {
            var at = violations.Count > 0 ? violations.Min(violation => violation.At) : _recorder.Now;
            Assert.Fail(
                $"Seed {Seed}. {never?.Message}\n{violations.Count} violations:\n{string.Join('\n', violations.Take(20))}\n" +
                $"What happened around the first:\n{history.Around(at - 8, at + 3)}");
        }

        // A history without these would prove nothing.
        Assert.Contains(history.Tenures, tenure => tenure.Office is Tenure.Lock);
        Assert.Contains(history.Views, view => view.Changes.Any(change => change.Kind is nameof(MemberChangeKind.Died)));
        foreach (var office in new[] { Tenure.Leader, Tenure.Role })
        {
            Assert.True(history.Tenures.Where(tenure => tenure.Office == office).Select(tenure => tenure.Process).Distinct().Count() > 1, $"Nobody took over from a {office}.");
        }
    }

    private async Task StartAsync(Slot slot)
    {
        var process = slot.NextProcess();
        var replica = await Replica.StartedAsync(
            _cluster.Address.Url,
            ("Group", "nemesis"), ("MemberId", slot.Member), ("LeaseTime", Lease.ToString()), ("CrashGrace", Grace.ToString()), (":Logging:LogLevel:Default", "Warning"));
        slot.Has(replica);
        _recorder.Lives(process, slot.Member, replica);
        replica.Tell(new ReplicaCommand("offices"));
    }

    private async Task EndAsync(Slot slot, StrikeKind kind, string signal)
    {
        var replica = slot.Replica!;
        _recorder.Ends(slot.Process);
        await _recorder.StrikeAsync(kind, slot.Member, async () =>
        {
            await replica.SignalAsync(signal);
            await replica.ExitAsync(Limits.Long);
        });
        slot.Has(null);
        await replica.DisposeAsync();
    }

    private Task KillAsync() => OnOneAsync((slot, pause) => EndAndStartAsync(slot, StrikeKind.Killed, "KILL", pause));

    private Task KillLeaderAsync() => OnAsync(LeaderAsync, (slot, pause) => EndAndStartAsync(slot, StrikeKind.Killed, "KILL", pause));

    private async Task KillTwoAsync()
    {
        await KillAsync();
        await KillAsync();
    }

    private Task StopAsync() => OnOneAsync((slot, pause) => EndAndStartAsync(slot, StrikeKind.Stopped, "TERM", pause));

    private async Task EndAndStartAsync(Slot slot, StrikeKind kind, string signal, TimeSpan pause)
    {
        await EndAsync(slot, kind, signal);
        await Task.Delay(pause, TimeProvider.System, Ending);
        await StartAsync(slot);
    }

    private Task FreezeBrieflyAsync() => FreezeAsync(Lease * 0.5);

    private Task FreezeForTheLeaseAsync() => FreezeAsync(Lease);

    private Task FreezeBeyondTheLeaseAsync() => FreezeAsync(Lease * 3);

    private Task FreezeAsync(TimeSpan time) => OnOneAsync((slot, _) => _recorder.StrikeAsync(StrikeKind.Frozen, slot.Member, async () =>
    {
        await slot.Replica!.SignalAsync("STOP");
        await Task.Delay(time, TimeProvider.System, Ending);
        await slot.Replica!.SignalAsync("CONT");
    }));

    private Task TerminateSessionAsync() => TerminateAsync("kind = 'session'");

    private Task TerminateWatcherAsync() => TerminateAsync("kind = 'watcher'");

    /// <summary>Also those that wait for a lock, or keep one.</summary>
    private Task TerminateAnyAsync() => TerminateAsync("true");

    private Task TerminateAsync(string which) => OnOneAsync((slot, _) => _recorder.StrikeAsync(StrikeKind.Terminated, slot.Member, () => _cluster.Address.ExecuteAsync(
        $"select pg_terminate_backend(pid) from coordination.live_connections where member_id = '{slot.Member}' and {which} order by random() limit 1")));

    private Task RestartFastAsync() => RestartAsync(_cluster.StopFastAsync);

    private Task RestartImmediatelyAsync() => RestartAsync(_cluster.StopImmediatelyAsync);

    /// <summary>While nothing else is going on, or a small fault and the restart would add up.</summary>
    private async Task RestartAsync(Func<Task> stop)
    {
        await Task.WhenAll(_slots.Select(slot => slot.Trouble));
        await _recorder.StrikeAsync(StrikeKind.DatabaseAway, member: null, async () =>
        {
            await stop();
            await _cluster.StartAsync();
        });
        await Task.Delay(Rest, TimeProvider.System, Ending);
    }

    private Task OnOneAsync(Func<Slot, TimeSpan, Task> strike) => OnAsync(_random.Next(3) == 0 ? LeaderAsync : AnyAsync, strike);

    /// <summary>Chooses one that is well, and returns as soon as it is struck: the next fault may come while this one lasts.</summary>
    private async Task OnAsync(Func<Task<Slot>> choose, Func<Slot, TimeSpan, Task> strike)
    {
        while (_slots.Count(slot => !slot.Trouble.IsCompleted) >= MostInTrouble)
        {
            await Task.WhenAny(_slots.Select(slot => slot.Trouble).Where(trouble => !trouble.IsCompleted));
        }

        var chosen = await choose();
        var pause = TimeSpan.FromSeconds(_random.NextDouble() * 2);
        chosen.Trouble = StrikeAndRestAsync(() => strike(chosen, pause));
    }

    private Task<Slot> AnyAsync()
    {
        var well = _slots.Where(slot => slot.Trouble.IsCompleted).ToList();
        return Task.FromResult(well[_random.Next(well.Count)]);
    }

    /// <summary>The leader of the group, as one that is well sees it; when something happens to it already, whoever leads after that.</summary>
    private async Task<Slot> LeaderAsync()
    {
        while (true)
        {
            var view = (await (await AnyAsync()).Replica!.AskAsync("state", limit: Limits.Long)).Members.FirstOrDefault(text => text.Contains(" Up", StringComparison.Ordinal));
            if (_slots.FirstOrDefault(slot => view?.StartsWith(slot.Member + " ", StringComparison.Ordinal) is true) is { } leader)
            {
                if (leader.Trouble.IsCompleted)
                {
                    return leader;
                }

                await leader.Trouble;
            }

            await PauseAsync(0.1, 0.2);
        }
    }

    private static async Task StrikeAndRestAsync(Func<Task> strike)
    {
        await strike();
        await Task.Delay(Rest, TimeProvider.System, Ending);
    }

    private Task PauseAsync(double least, double most) =>
        Task.Delay(TimeSpan.FromSeconds(least + (_random.NextDouble() * (most - least))), TimeProvider.System, Ending);

    /// <summary>Waits until all see the same view, and in it all are up.</summary>
    private Task IsWholeAsync() => Eventually.BecomesTrueAsync(
        async () =>
        {
            var states = await Task.WhenAll(_slots.Select(slot => slot.Replica!.AskAsync("state")));
            return states.All(state =>
                state.Text is nameof(MembershipState.Joined) && state.View == states[0].View && state.Members.Count == Members
                && state.Members.All(text => text.Contains(" Up", StringComparison.Ordinal)));
        },
        "all eight see one view in which all are up",
        Limits.Long);
}

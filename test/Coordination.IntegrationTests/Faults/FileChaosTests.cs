using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Exclusion on a folder while processes are killed and frozen and callers cancel, watched by words in a mapped file.</summary>
/// <remarks>COORDINATION_TEST_FILE_CHAOS sets the number of sections; 800,000 is the number that the guarantees are claimed for.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class FileChaosTests(ITestOutputHelper output) : FolderScenario
{
    private static readonly int Sections = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_FILE_CHAOS") ?? "10000", CultureInfo.InvariantCulture);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(700);

    private readonly Random _random = new(int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_SEED") ?? "1", CultureInfo.InvariantCulture));
    private readonly Replica[] _replicas = new Replica[4];
    private readonly SortedDictionary<string, int> _done = [];

    [Fact]
    public async Task No_two_hold_one_lock_while_processes_are_killed_and_frozen()
    {
        using var board = SectionBoard.Create(Beside("board"));
        for (var i = 0; i < _replicas.Length; i++)
        {
            _replicas[i] = await StartAsync(i);
        }

        // Each fault at least once, then at random until enough was visited.
        Func<Task>[] faults = [KillAsync, FreezeBrieflyAsync, FreezeBeyondTheLeaseAsync, FreezeInsideTheMutexAsync, KillInsideTheMutexAsync];
        var (visits, looked) = (0L, Time.GetTimestamp());
        for (var i = 0; i < faults.Length || board.Visits < Sections; i++)
        {
            await Task.Delay(Pause, Time, Ending);
            var fault = i < faults.Length ? faults[i] : faults[_random.Next(faults.Length)];
            _done[fault.Method.Name] = _done.GetValueOrDefault(fault.Method.Name) + 1;
            await fault();
            Assert.Equal(string.Empty, board.Faults);
            if (board.Visits > visits)
            {
                (visits, looked) = (board.Visits, Time.GetTimestamp());
            }

            Assert.True(Time.GetElapsedTime(looked) < Limits.Step, $"nobody has got anywhere since visit {visits}");
        }

        var ends = await Task.WhenAll(_replicas.Select(EndAsync));
        output.WriteLine(
            $"{board.Visits} critical sections; {string.Join(", ", _done.Select(pair => $"{pair.Value} x {pair.Key}"))}; words of killed and frozen ones found: {board.Met}; generation {Path.GetFileName(Generation())}; the last lives: " +
            string.Join(", ", ends.SelectMany(end => end.Data).GroupBy(pair => pair.Key).Select(sum => $"{sum.Sum(pair => int.Parse(pair.Value, CultureInfo.InvariantCulture))} {sum.Key}")));
        Assert.Equal(string.Empty, board.Faults);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Root, "sessions")).Select(Path.GetFileName));
    }

    private async Task<Replica> StartAsync(int place)
    {
        var replica = await StartAsync(("MemberId", $"chaos-{place}"), ("LeaseTime", Lease.ToString()), ("Logging:LogLevel:Default", "Error"));
        replica.Tell(new ReplicaCommand("board-sections") { Id = "sections", Name = Beside("board"), Count = 16 });
        return replica;
    }

    private async Task KillAsync()
    {
        var place = _random.Next(_replicas.Length);
        _replicas[place].Kill();
        _replicas[place] = await StartAsync(place);
    }

    /// <summary>At whatever instruction it is there: what it had begun to change is left as it was.</summary>
    private async Task KillInsideTheMutexAsync()
    {
        var place = _random.Next(_replicas.Length);
        await StopInsideAsync(_replicas[place]);
        _replicas[place].Kill();
        _replicas[place] = await StartAsync(place);
    }

    private Task FreezeBrieflyAsync() => FreezeAsync(Lease * 0.4);

    private Task FreezeBeyondTheLeaseAsync() => FreezeAsync(Lease * 1.6);

    private async Task FreezeAsync(TimeSpan time)
    {
        var place = _random.Next(_replicas.Length);
        await _replicas[place].SignalAsync("STOP");
        await Task.Delay(time, Time, Ending);
        await _replicas[place].SignalAsync("CONT");
    }

    /// <summary>For longer than the others wait, and for less than the lease: it still believes in what it holds.</summary>
    private async Task FreezeInsideTheMutexAsync()
    {
        var replica = _replicas[_random.Next(_replicas.Length)];
        await StopInsideAsync(replica);
        await Task.Delay(Lease * 0.8, Time, Ending);
        await replica.SignalAsync("CONT");
    }

    private static async Task<ReplicaEvent> EndAsync(Replica replica)
    {
        await replica.AskAsync("sections-stop", limit: Limits.Long);
        var end = await replica.ExpectAsync(said => said.Id == "sections", "that its callers have stopped", Limits.Long);
        Assert.Equal("sections-done", end.Kind);
        await replica.SignalAsync("TERM");
        Assert.Equal(0, await replica.ExitAsync(Limits.Long));
        return end;
    }
}

using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Partitions over real processes that are restarted and killed: never two owners, and not more moves than must be.</summary>
public sealed class PartitionFaultTests(PostgresServer server, ITestOutputHelper output) : ReplicaScenario(server)
{
    private const int Group = 5;
    private const int Partitions = 100;

    /// <summary>Five processes with a hundred locks each leave the machine little time: a lease that is lost for want of it would move partitions.</summary>
    private static readonly TimeSpan LongerLease = TimeSpan.FromSeconds(10);

    /// <summary>All that were started, and when they were killed or frozen: what they did until then ends there.</summary>
    private readonly List<(Replica Replica, long? Killed)> _all = [];

    [Fact]
    public async Task A_rolling_restart_of_five_moves_at_most_twice_the_minimum_and_no_partition_ever_has_two_owners()
    {
        var replicas = await StartGroupAsync();
        var before = Runs().Count;
        foreach (var id in replicas.Keys.ToList())
        {
            await replicas[id].SignalAsync("TERM");
            Assert.Equal(0, await replicas[id].ExitAsync());
            replicas[id] = await StartMemberAsync(id);
            await IsSpreadAsync(replicas);
        }

        var runs = Runs();
        AssertNeverTwo(runs);
        output.WriteLine($"{runs.Count - before} moves; at least {Partitions} had to. Longest time without an owner: {Gaps(runs).Max():0.000} s.");
        Assert.InRange(runs.Count - before, Partitions, 2 * Partitions);
    }

    [Fact]
    public async Task Partitions_of_killed_processes_go_to_the_living_and_never_have_two_owners()
    {
        var replicas = await StartGroupAsync();
        var killed = Time.GetTimestamp();
        foreach (var id in replicas.Keys.Take(2).ToList())
        {
            _all[_all.FindIndex(known => known.Replica == replicas[id])] = (replicas[id], Time.GetTimestamp());
            await replicas[id].SignalAsync("KILL");
            replicas.Remove(id);
        }

        await IsSpreadAsync(replicas);

        var runs = Runs();
        AssertNeverTwo(runs);
        var moved = runs.Where(run => run.Begin > killed).ToList();
        Assert.Equal(runs.Count(run => run.End >= killed), moved.Count);
        Assert.InRange(Seconds(killed, moved.Max(run => run.Begin)), 0, LongerLease.TotalSeconds + Soon);
    }

    [Fact]
    public async Task A_frozen_process_has_lost_its_partitions_when_it_looks_again_and_gets_them_back_under_greater_tokens()
    {
        var replicas = await StartGroupAsync();
        var (id, frozen) = replicas.First();
        var place = _all.FindIndex(known => known.Replica == frozen);
        _all[place] = (frozen, Time.GetTimestamp());
        await frozen.SignalAsync("STOP");
        replicas.Remove(id);
        await IsSpreadAsync(replicas);

        await frozen.SignalAsync("CONT");
        foreach (var run in Runs().Where(run => run.Process == frozen.ProcessId).ToList())
        {
            await frozen.ExpectAsync(said => said.Kind == "end" && said.Token == run.Token, $"the end of {run}");
        }

        replicas.Add(id, frozen);
        await IsSpreadAsync(replicas);

        AssertNeverTwo(Runs());
    }

    [Fact]
    public async Task A_process_whose_connections_the_server_ends_never_works_beside_its_successors()
    {
        var replicas = await StartGroupAsync();
        for (var round = 0; round < 6; round++)
        {
            var (victim, before) = ($"conductor-{round % Group}", Runs().Count);
            Assert.True(await Database.ScalarAsync<long>(
                $"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like 'coordination/replicas/{victim}%'") > 0);
            await Eventually.BecomesTrueAsync(() => Task.FromResult(Runs().Count > before), "partitions run anew", Limits.Long);
            await IsSpreadAsync(replicas);
        }

        var runs = Runs();
        output.WriteLine($"Longest time without an owner: {Gaps(runs).Max():0.000} s, shortest {Gaps(runs).Min():0.000} s.");
        AssertNeverTwo(runs);
    }

    private static void AssertNeverTwo(IReadOnlyList<PartitionRun> runs)
    {
        foreach (var partition in runs.GroupBy(run => run.Partition))
        {
            var inOrder = partition.OrderBy(run => run.Token).ToList();
            foreach (var (earlier, later) in inOrder.Zip(inOrder.Skip(1)))
            {
                Assert.True(earlier.End <= later.Begin, $"Two owners: {earlier} and {later}.");
            }
        }
    }

    private static IEnumerable<double> Gaps(IReadOnlyList<PartitionRun> runs) => runs
        .GroupBy(run => run.Partition)
        .Select(partition => partition.OrderBy(run => run.Token).ToList())
        .SelectMany(inOrder => inOrder.Zip(inOrder.Skip(1)).Select(pair => Seconds(pair.First.End!.Value, pair.Second.Begin)));

    private async Task<Dictionary<string, Replica>> StartGroupAsync()
    {
        Dictionary<string, Replica> replicas = [];
        for (var i = 0; i < Group; i++)
        {
            replicas.Add($"conductor-{i}", await StartMemberAsync($"conductor-{i}"));
        }

        await IsSpreadAsync(replicas);
        return replicas;
    }

    private async Task<Replica> StartMemberAsync(string id)
    {
        var replica = await StartAsync(("MemberId", id), (":Partitions", $"{Partitions}"), ("LeaseTime", LongerLease.ToString()));
        _all.Add((replica, null));
        return replica;
    }

    /// <summary>Waits until every partition runs where a view of these members gives it.</summary>
    private Task IsSpreadAsync(IReadOnlyDictionary<string, Replica> replicas)
    {
        var members = replicas.Keys.Select((id, i) => new Member(id, i + 1, MemberStatus.Up, default, Url: null, new Dictionary<string, string>()));
        var view = GroupView.Empty with { Members = [.. members] };
        var wanted = Enumerable.Range(0, Partitions).Select(partition => replicas[view.OwnerOf($"{TellingService.Name}/{partition}").Id].ProcessId).ToList();
        return Eventually.BecomesTrueAsync(
            () =>
            {
                var open = Runs().Where(run => run.End is null).ToList();
                return Task.FromResult(open.Count == Partitions && open.All(run => wanted[run.Partition] == run.Process));
            },
            "every partition runs where it is to be",
            Limits.Long);
    }

    private List<PartitionRun> Runs() =>
    [
        .. _all.SelectMany(known =>
        {
            var said = known.Replica.Events;
            long? EndOf(ReplicaEvent begin, long? end) => known.Killed is { } killed && begin.At < killed && (end is null || end > killed) ? killed : end;
            var ends = said.Where(one => one.Kind == "end").ToDictionary(one => (one.Id, one.Token), one => one.At);
            return said.Where(one => one.Kind == "begin").Select(one => new PartitionRun(
                int.Parse(one.Id!, CultureInfo.InvariantCulture),
                one.Token,
                known.Replica.ProcessId,
                one.At,
                EndOf(one, ends.TryGetValue((one.Id, one.Token), out var end) ? end : null)));
        }),
    ];
}

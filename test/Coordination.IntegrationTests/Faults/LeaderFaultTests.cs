using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Leaders over real processes that are killed, frozen and cut off: never two at an instant, by the clock that all processes share.</summary>
[Collection(nameof(Alone))] // that a lost term is known within a second is what the promise rests on
public sealed class LeaderFaultTests(PostgresServer server, ITestOutputHelper output) : ReplicaScenario(server)
{
    private const string Role = "billing";

    private readonly List<Replica> _all = [];

    [Fact]
    public async Task A_killed_leader_is_followed_by_another_member_with_a_greater_token()
    {
        var replicas = await StartGroupAsync();
        var first = await BegunAsync(after: 0);
        await BecomeRipeAsync(replicas.Count); // whoever dies before it was heard of by anybody has three times the grace
        await first.Replica.SignalAsync("KILL");
        var killed = Time.GetTimestamp();

        var next = await BegunAsync(first.Token);

        output.WriteLine($"A leader again {Seconds(killed, next.At):0.000} s after the kill.");
        Assert.NotSame(first.Replica, next.Replica);
        Assert.InRange(Seconds(killed, next.At), 0, Lease.TotalSeconds + Soon);
        var witness = replicas.First(replica => replica != first.Replica);
        var said = await witness.AskAsync("leader", Role);
        Assert.Equal(NameOf(next.Replica), said.Text);
    }

    [Fact]
    public async Task A_leader_that_was_frozen_past_its_lease_knows_at_its_first_look_that_its_term_is_lost()
    {
        var frozen = await StartMemberAsync("frozen");
        var witness = await StartMemberAsync("witness");
        frozen.Tell(new ReplicaCommand("campaign") { Id = "term", Name = Role });
        var first = await frozen.ExpectAsync("leads", "term");
        witness.Tell(new ReplicaCommand("campaign") { Id = "next", Name = Role });
        await BecomeRipeAsync(2);

        var stopped = Time.GetTimestamp();
        await frozen.SignalAsync("STOP");
        var next = await witness.ExpectAsync("leads", "next");
        var look = frozen.Tell(new ReplicaCommand("look-term") { Name = "term" }); // the first thing it does when it goes on
        await frozen.SignalAsync("CONT");

        var seen = await frozen.ExpectAsync("term", look);
        output.WriteLine($"A leader again {Seconds(stopped, next.At):0.000} s after the freeze.");
        Assert.Equal((false, true), (seen.IsHeld, seen.IsLost));
        Assert.True(next.Token > first.Token);
        Assert.InRange(Seconds(stopped, next.At), Lease.TotalSeconds * 0.9, Lease.TotalSeconds + Soon);
        Assert.Equal("witness", (await witness.AskAsync("leader", Role)).Text);
        Assert.Equal("resigned", (await frozen.AskAsync("resign", "term")).Kind);
        Assert.True((await witness.AskAsync("look-term", "next")).IsHeld); // the late farewell takes nothing from its successor
    }

    [Theory]
    [InlineData("session", 20)]
    [InlineData("all of its connections", 8)]
    public async Task A_leader_whose_backend_is_ended_again_and_again_never_has_another_beside_it(string what, int rounds)
    {
        await StartGroupAsync();
        long token = 0;
        List<double> gaps = [];
        for (var round = 0; round < rounds; round++)
        {
            var leader = await BegunAsync(token);
            token = leader.Token;
            var ended = Time.GetTimestamp();
            Assert.True(await Database.ScalarAsync<bool>(what is "session"
                ? $"select bool_or(pg_terminate_backend(pid)) from coordination.members where member_id = '{NameOf(leader.Replica)}'"
                : $"select bool_or(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name like '%/{NameOf(leader.Replica)}'"));
            gaps.Add(Seconds(ended, (await BegunAsync(token)).At));
        }

        output.WriteLine($"{rounds} leaders lost their {what}; a leader again after {gaps.Order().ElementAt(gaps.Count / 2):0.000} s (median), {gaps.Max():0.000} s at most.");
        var terms = Terms().OrderBy(term => term.Token).ToList();
        Assert.True(terms.Count > rounds);
        foreach (var (earlier, later) in terms.Zip(terms.Skip(1)))
        {
            Assert.True(earlier.End <= later.Begin, $"Two leaders: {earlier} and {later}.");
        }
    }

    private string NameOf(Replica replica) => $"member-{_all.IndexOf(replica)}";

    private async Task<IReadOnlyList<Replica>> StartGroupAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var replica = await StartMemberAsync($"member-{i}");
            _all.Add(replica);
            replica.Tell(new ReplicaCommand("lead") { Name = Role });
        }

        return _all;
    }

    private Task<Replica> StartMemberAsync(string id) => StartAsync(("MemberId", id));

    /// <summary>The first term after a token.</summary>
    private async Task<(Replica Replica, long Token, long At)> BegunAsync(long after)
    {
        (Replica Replica, long Token, long At)? begun = null;
        await Eventually.BecomesTrueAsync(
            () =>
            {
                begun = _all
                    .SelectMany(replica => replica.Events.Where(said => said.Kind == "begin" && said.Token > after).Select(said => (replica, said.Token, said.At)))
                    .OrderByDescending(term => term.Token)
                    .Cast<(Replica, long, long)?>()
                    .FirstOrDefault();
                return Task.FromResult(begun is not null);
            },
            $"a term after token {after}");
        return begun!.Value;
    }

    private IEnumerable<(long Token, long Begin, long End, int Process)> Terms() => _all.SelectMany(replica =>
    {
        var said = replica.Events;
        var ends = said.Where(one => one.Kind == "end").ToDictionary(one => one.Token, one => one.At);
        return said.Where(one => one.Kind == "begin").Select(one => (one.Token, one.At, ends.GetValueOrDefault(one.Token, long.MaxValue), replica.ProcessId));
    });
}

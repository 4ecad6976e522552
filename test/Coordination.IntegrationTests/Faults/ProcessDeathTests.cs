using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>How a process can go, and what the others see of it.</summary>
public sealed class ProcessDeathTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task A_terminated_replica_leaves_the_group_in_order_and_exits_with_0()
    {
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", LongLease));
        var leaver = await StartAsync(("MemberId", "leaver"), ("LeaseTime", LongLease));
        await ViewAsync(witness, "leaver", shown: true);
        await AcquireAsync(leaver, "work", "held");

        var signaled = Time.GetTimestamp();
        await leaver.SignalAsync("TERM");

        Assert.Equal(0, await leaver.ExitAsync());
        var gone = await ViewAsync(witness, "leaver", shown: false, since: signaled);
        Assert.Contains("Left leaver", gone.Changes);
        Assert.InRange(Seconds(signaled, gone.At), 0, Soon);
        Assert.Equal("acquired", (await witness.AskAsync("try", "work")).Kind);
    }

    [Fact]
    public async Task A_killed_replica_is_out_of_the_group_and_its_locks_are_free_long_before_its_lease_is_over()
    {
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", LongLease), ("CrashGrace", "00:00:01"));
        var victim = await StartAsync(("MemberId", "victim"), ("LeaseTime", LongLease), ("CrashGrace", "00:00:01"));
        await ViewAsync(witness, "victim", shown: true);
        await BecomeRipeAsync(2);
        await AcquireAsync(victim, "work", "held");
        witness.Tell(new ReplicaCommand("acquire") { Id = "inherited", Name = "work" });

        var killed = Time.GetTimestamp();
        await victim.SignalAsync("KILL");

        var inherited = await witness.ExpectAsync("acquired", "inherited");
        var gone = await ViewAsync(witness, "victim", shown: false, since: killed);
        Assert.InRange(Seconds(killed, inherited.At), 0, Soon);
        Assert.Contains("Died victim", gone.Changes);
        Assert.InRange(Seconds(killed, gone.At), 0, Soon);
    }

    [Fact]
    public async Task The_last_member_of_a_group_does_not_outlive_its_death_in_the_view_of_an_observer()
    {
        var observer = await StartAsync(("MemberId", "observer"), ("Observe", "true"), ("LeaseTime", LongLease));
        var last = await StartAsync(("MemberId", "last"), ("LeaseTime", LongLease), ("CrashGrace", "00:00:01"));
        await ViewAsync(observer, "last", shown: true);

        var killed = Time.GetTimestamp();
        await last.SignalAsync("KILL");

        var gone = await ViewAsync(observer, "last", shown: false, since: killed);
        Assert.Contains("Died last", gone.Changes);
        Assert.InRange(Seconds(killed, gone.At), 0, Soon);
    }

    [Fact]
    public async Task A_replica_that_was_frozen_past_its_lease_knows_at_its_first_look_that_its_lock_is_gone()
    {
        var witness = await StartAsync(("MemberId", "witness"));
        var frozen = await StartAsync(("MemberId", "frozen"));
        await ViewAsync(witness, "frozen", shown: true);
        await AcquireAsync(frozen, "work", "held");
        var before = await frozen.AskAsync("state");
        var first = (await frozen.ExpectAsync("acquired", "held")).Token;
        witness.Tell(new ReplicaCommand("acquire") { Id = "inherited", Name = "work" });

        Assert.Equal("written", (await frozen.AskAsync(Write("held"))).Kind);

        var stopped = Time.GetTimestamp();
        await frozen.SignalAsync("STOP");
        var inherited = await witness.ExpectAsync("acquired", "inherited");
        await ViewAsync(witness, "frozen", shown: false, since: stopped);

        Assert.Equal("written", (await witness.AskAsync(Write("inherited"))).Kind);

        // Waits in the pipe, so that it is the first thing that the process does when it goes on.
        var look = frozen.Tell(new ReplicaCommand("look") { Name = "held" });
        await frozen.SignalAsync("CONT");

        Assert.InRange(Seconds(stopped, inherited.At), 0, Lease.TotalSeconds + Soon);
        Assert.True(inherited.Token > first, $"token {inherited.Token} does not rise above {first}");
        var seen = await frozen.ExpectAsync("look", look);
        Assert.False(seen.IsHeld);
        Assert.True(seen.IsLost);
        Assert.NotEqual(nameof(MembershipState.Joined), seen.Text);
        await frozen.ExpectAsync("lost", "held");
        await BecomesMemberAsync(frozen, state => state.MemberNumber > before.MemberNumber);
        Assert.Equal("busy", (await frozen.AskAsync("try", "work")).Kind);

        // It goes on working with what it had when it was frozen: that write comes too late and is refused where it would be done.
        Assert.Equal("refused", (await frozen.AskAsync(Write("held"))).Kind);
        Assert.Equal("written", (await witness.AskAsync(Write("inherited"))).Kind);
    }

    [Fact]
    public async Task A_killed_holders_place_comes_back()
    {
        var doomed = await StartAsync(("MemberId", "doomed"));
        var survivor = await StartAsync(("MemberId", "survivor"));
        var two = new ReplicaCommand("acquire") { Name = "places", MaxHolders = 2 };
        Assert.Equal("acquired", (await doomed.AskAsync(two with { Id = "one" })).Kind);
        Assert.Equal("acquired", (await doomed.AskAsync(two with { Id = "two" })).Kind);
        Assert.Equal("busy", (await survivor.AskAsync(two with { Verb = "try" })).Kind);
        survivor.Tell(two with { Id = "three" });
        survivor.Tell(two with { Id = "four" });

        await doomed.SignalAsync("KILL");

        await survivor.ExpectAsync("acquired", "three");
        await survivor.ExpectAsync("acquired", "four");
        Assert.Equal("busy", (await survivor.AskAsync(two with { Verb = "try" })).Kind);
    }

    [Fact]
    public async Task Waiters_that_are_killed_leave_nothing_at_the_server_and_hold_up_nobody()
    {
        var holder = await StartAsync(("MemberId", "holder"), ("LeaseTime", LongLease));
        await AcquireAsync(holder, "work", "held");
        var doomed = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => StartAsync(("MemberId", $"doomed-{i}"), ("LeaseTime", LongLease))));
        foreach (var (replica, i) in doomed.Select((replica, i) => (replica, i)))
        {
            replica.Tell(new ReplicaCommand("acquire") { Id = "wait", Name = "work" });
            await Eventually.BecomesTrueAsync(
                () => Database.ScalarAsync<bool>($"select exists (select from pg_stat_activity where application_name like '%/doomed-{i}' and wait_event_type = 'Lock')"),
                $"doomed-{i} waits at the server");
        }

        var living = await StartAsync(("MemberId", "living"), ("LeaseTime", LongLease));
        living.Tell(new ReplicaCommand("acquire") { Id = "wait", Name = "work" });
        await Task.WhenAll(doomed.Select(replica => replica.SignalAsync("KILL")));
        var killed = Time.GetTimestamp();
        await Eventually.BecomesTrueAsync(
            async () => !await Database.ScalarAsync<bool>("select exists (select from pg_stat_activity where application_name like '%/doomed-%')"),
            "nothing of the killed is at the server");
        Assert.InRange(Seconds(killed, Time.GetTimestamp()), 0, Soon);

        var released = await holder.AskAsync("release", "held");
        var granted = await living.ExpectAsync("acquired", "wait");
        Assert.InRange(Seconds(released.At, granted.At), 0, Soon);
    }

    private ReplicaCommand Write(string handle) => new("write") { Name = handle, Database = Database.Address.ConnectionString };
}

using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;
using static Coordination.IntegrationTests.Infrastructure.ReplicaScenario;

namespace Coordination.IntegrationTests.Faults;

/// <summary>How a process on a folder can go or stand still, and what the others see of it.</summary>
[Trait("Category", "Fault")]
public sealed class FileProcessTests : FolderScenario
{
    [Fact]
    public async Task A_terminated_replica_leaves_in_order_and_nothing_of_it_is_left_in_the_folder()
    {
        var witness = await StartAsync(("MemberId", "witness"));
        var leaver = await StartAsync(("MemberId", "leaver"));
        await ViewAsync(witness, "leaver", shown: true);
        await AcquireAsync(leaver, "work", "held");

        var signaled = Time.GetTimestamp();
        await leaver.SignalAsync("TERM");

        Assert.Equal(0, await leaver.ExitAsync());
        Assert.Contains("Left leaver", (await ViewAsync(witness, "leaver", shown: false, since: signaled)).Changes);
        Assert.Equal("acquired", (await witness.AskAsync("try", "work")).Kind);
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(Root, "sessions")).Count()); // the witness's own
    }

    [Fact]
    public async Task A_killed_holder_is_seen_at_once_its_lock_goes_on_and_its_files_are_gone()
    {
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", ReplicaScenario.LongLease));
        var victim = await StartAsync(("MemberId", "victim"), ("LeaseTime", ReplicaScenario.LongLease));
        await ViewAsync(witness, "victim", shown: true);
        var held = await victim.AskAsync("acquire", "work");
        witness.Tell(new ReplicaCommand("acquire") { Id = "inherited", Name = "work" });
        await InLineAsync(victim, "work");

        var killed = Time.GetTimestamp();
        await victim.SignalAsync("KILL");

        var inherited = await witness.ExpectAsync("acquired", "inherited");
        var gone = await ViewAsync(witness, "victim", shown: false, since: killed);
        Assert.Contains(gone.Details, text => text.StartsWith("Died victim", StringComparison.Ordinal) && text.EndsWith("its process is gone", StringComparison.Ordinal));
        Assert.InRange(Seconds(killed, gone.At), 0, ReplicaScenario.Soon); // by its death, and not by its silence
        Assert.True(inherited.Token > held.Token);
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(Root, "sessions")).Count());
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

        var stopped = Time.GetTimestamp();
        await frozen.SignalAsync("STOP");
        var inherited = await witness.ExpectAsync("acquired", "inherited");
        var gone = await ViewAsync(witness, "frozen", shown: false, since: stopped);
        Assert.Contains("Died frozen", gone.Changes);

        // Waits in the pipe, so that it is the first thing that the process does when it goes on.
        var look = frozen.Tell(new ReplicaCommand("look") { Name = "held" });
        await frozen.SignalAsync("CONT");

        Assert.InRange(Seconds(stopped, inherited.At), Lease.TotalSeconds / 2, Limits.Step.TotalSeconds);
        Assert.True(inherited.Token > first, $"token {inherited.Token} does not rise above {first}");
        var seen = await frozen.ExpectAsync("look", look);
        Assert.False(seen.IsHeld);
        Assert.True(seen.IsLost);
        Assert.NotEqual(nameof(MembershipState.Joined), seen.Text);
        await frozen.ExpectAsync("lost", "held");
        await BecomesMemberAsync(frozen, state => state.MemberNumber > before.MemberNumber);
        Assert.Equal("busy", (await frozen.AskAsync("try", "work")).Kind);
    }

    [Fact]
    public async Task A_replica_that_was_frozen_for_half_its_lease_keeps_everything()
    {
        var lease = 3 * Lease; // what is left of it is for a machine that has other things to do
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", lease.ToString()));
        var frozen = await StartAsync(("MemberId", "frozen"), ("LeaseTime", lease.ToString()));
        await ViewAsync(witness, "frozen", shown: true);
        await AcquireAsync(frozen, "work", "held");
        var before = await frozen.AskAsync("state");

        var stopped = Time.GetTimestamp();
        await frozen.SignalAsync("STOP");
        await Task.Delay(lease / 2, Time, Ending);
        await frozen.SignalAsync("CONT");

        Assert.True((await frozen.AskAsync("confirm", "held")).IsHeld);
        await Task.Delay(lease, Time, Ending); // whoever had judged would have said so by now
        Assert.True((await frozen.AskAsync("look", "held")).IsHeld);
        Assert.Equal(before.MemberNumber, (await frozen.AskAsync("state")).MemberNumber);
        Assert.DoesNotContain(witness.Events, said => said.Kind == "view" && said.At > stopped);
    }

    [Fact]
    public async Task The_others_go_on_without_a_process_that_is_stopped_inside_the_mutex_and_when_it_wakes_it_believes_nothing()
    {
        var stuck = await StartAsync(("MemberId", "stuck"), ("LeaseTime", "00:00:20"));
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", "00:00:20"));
        await ViewAsync(witness, "stuck", shown: true);
        await AcquireAsync(stuck, "work", "held");
        var before = await stuck.AskAsync("state");
        witness.Tell(new ReplicaCommand("acquire") { Id = "inherited", Name = "work" });
        await InLineAsync(witness, "work");

        // On the doorstep, before the first or after the last look at whether the others have gone on, it has the mutex as well. What it did then
        // counts, or it did nothing: it goes on where the others are, with what it held. No look from outside can tell that from inside.
        ReplicaEvent? lost;
        string other;
        for (var attempt = 0; ; attempt++)
        {
            Assert.InRange(attempt, 0, 9);
            other = $"other-{attempt}";
            var generation = Generation();
            var many = stuck.Tell(new ReplicaCommand("many") { Name = $"busy-{attempt}", Count = 1_000_000 });
            await StopInsideAsync(stuck);

            Assert.Equal("acquired", (await witness.AskAsync("acquire", other)).Kind);
            Assert.NotEqual(generation, Generation());
            Assert.Equal("busy", (await witness.AskAsync("try", "work")).Kind); // its lease is not over: what it held it holds
            await stuck.SignalAsync("CONT");

            await stuck.ExpectAsync(said => said is { Kind: "lost", Id: "held" } || (said.Kind == "done" && said.Id == many), "what has become of it", Limits.Long);
            lost = stuck.Events.FirstOrDefault(static said => said is { Kind: "lost", Id: "held" });
            if (lost is not null)
            {
                break;
            }

            Assert.DoesNotContain(witness.Events, static said => said.Id == "inherited");
        }

        var inherited = await witness.ExpectAsync("acquired", "inherited");
        Assert.True(lost.At <= inherited.At, $"the lock was granted again {Seconds(inherited.At, lost.At)} s before its holder heard of it");
        await BecomesMemberAsync(stuck, state => state.MemberNumber >= before.MemberNumber);
        Assert.Equal("busy", (await stuck.AskAsync("try", "work")).Kind);
        Assert.Equal("busy", (await stuck.AskAsync("try", other)).Kind);
    }

    [Fact]
    public async Task Many_that_join_in_one_instant_see_the_same_views()
    {
        const int Many = 8;
        var replicas = await Task.WhenAll(Enumerable.Range(0, Many).Select(i => StartAsync(("MemberId", $"pod-{i}"), ("LeaseTime", ReplicaScenario.LongLease))));

        var last = await Task.WhenAll(replicas.Select(replica => replica.ExpectAsync(
            said => said.Kind == "view" && said.Members.Count == Many && said.Members.All(text => text.StartsWith("pod-", StringComparison.Ordinal)), "a view with all")));
        Assert.Single(last.Select(view => (view.Epoch, view.View)).Distinct());
        foreach (var views in replicas.SelectMany(replica => replica.Events).Where(said => said.Kind == "view").GroupBy(view => (view.Epoch, view.View)))
        {
            Assert.Single(views.Select(view => view.Content).Distinct());
        }

        foreach (var replica in replicas)
        {
            var numbers = replica.Events.Where(said => said is { Kind: "view", View: > 0 }).Select(view => view.View).ToList();
            Assert.Equal(Enumerable.Range(0, numbers.Count).Select(i => numbers[0] + i), numbers);
        }
    }

    private static Task InLineAsync(Replica replica, string name) => Eventually.BecomesTrueAsync(
        async () => (await replica.AskAsync("waiters", name)).View > 0, $"somebody waits for {name}");
}

using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The process lives, its session does not.</summary>
public sealed class SessionLossTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task A_lock_whose_session_is_terminated_is_reported_lost_long_before_its_lease_is_over_and_the_membership_goes_on()
    {
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", LongLease));
        var holder = await StartAsync(("MemberId", "holder"), ("LeaseTime", LongLease));
        await ViewAsync(witness, "holder", shown: true);
        await AcquireAsync(holder, "work", "held");
        var before = await BecomesMemberAsync(holder);

        var terminated = Time.GetTimestamp();
        Assert.True(await Database.ScalarAsync<bool>($"select pg_terminate_backend({await SessionPidAsync(holder)})"));

        var lost = await holder.ExpectAsync("lost", "held");
        Assert.InRange(Seconds(terminated, lost.At), 0, Soon);
        var after = await BecomesMemberAsync(holder);
        Assert.Equal(before.MemberNumber, after.MemberNumber);
        await AcquireAsync(holder, "work", "again");
        Assert.True((await holder.ExpectAsync("acquired", "again")).Token > (await holder.ExpectAsync("acquired", "held")).Token);
        Assert.DoesNotContain(witness.Events, said => said.Changes.Contains("Died holder") || said.Changes.Contains("Left holder"));
    }

    [Fact]
    public async Task On_a_silent_network_the_holder_knows_that_its_lock_is_lost_before_somebody_else_is_granted_it()
    {
        var lease = 5 * Lease; // a tenth of it is what the holder has on a machine that has other things to do
        await using var relay = Relay.To(Database.Address);
        var holder = await StartOnAsync(relay.Address.Url, ("MemberId", "holder"), ("LeaseTime", lease.ToString()));
        var heir = await StartAsync(("MemberId", "heir"));
        await AcquireAsync(holder, "work", "held");
        var before = await BecomesMemberAsync(holder);
        heir.Tell(new ReplicaCommand("acquire") { Id = "inherited", Name = "work" });

        var silenced = Time.GetTimestamp();
        relay.Silence();

        var inherited = await heir.ExpectAsync("acquired", "inherited", Limits.Long);
        var lost = await holder.ExpectAsync("lost", "held");
        Assert.True(lost.At < inherited.At, $"lost {Seconds(silenced, lost.At):0.000} s and granted {Seconds(silenced, inherited.At):0.000} s after the silence");
        Assert.InRange(Seconds(silenced, inherited.At), 0, lease.TotalSeconds + Soon);
        Assert.False((await holder.AskAsync("look", "held")).IsHeld);

        await ViewAsync(heir, "holder", shown: false, since: silenced);
        relay.Restore();
        await BecomesMemberAsync(holder, state => state.MemberNumber > before.MemberNumber);
    }

    [Fact]
    public async Task A_cut_connection_is_made_again_under_the_same_number()
    {
        await using var relay = Relay.To(Database.Address);
        var replica = await StartOnAsync(relay.Address.Url, ("MemberId", "replica"), ("LeaseTime", LongLease));
        await AcquireAsync(replica, "work", "held");
        var before = await BecomesMemberAsync(replica);
        var session = await SessionPidAsync(replica);

        relay.Cut();

        await replica.ExpectAsync("lost", "held");
        var after = await BecomesMemberAsync(replica);
        Assert.Equal(before.MemberNumber, after.MemberNumber);
        Assert.NotEqual(session, await SessionPidAsync(replica));
    }

    [Fact]
    public async Task When_the_session_is_given_up_on_a_server_that_is_well_the_holder_knows_before_its_lock_is_free()
    {
        var holder = await StartAsync(("MemberId", "holder"), ("LeaseTime", LongLease));
        await AcquireAsync(holder, "work", "held");
        var pid = await SessionPidAsync(holder);
        var key = await Database.ScalarAsync<long>($"select (classid::bigint << 32) | objid::bigint from pg_locks where locktype = 'advisory' and pid = {pid} and objsubid = 1 and granted");
        await using var next = await Database.OpenAsync();
        var granted = Task.Run(async () =>
        {
            await using var wait = new NpgsqlCommand("select pg_advisory_lock($1)", next) { Parameters = { new() { Value = key } } };
            await wait.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return Time.GetTimestamp();
        });
        await Eventually.BecomesTrueAsync(async () => await Database.ScalarAsync<bool>("select exists (select from pg_locks where locktype = 'advisory' and not granted)"), "somebody waits for the key");

        await Database.ExecuteAsync("alter table coordination.members rename to members_away"); // its next heartbeat is an error, and its connection is whole

        var lost = await holder.ExpectAsync("lost", "held");
        Assert.True(lost.At < await granted, $"lost {Seconds(await granted, lost.At):0.000000} s after the key was free");
    }

    private static async Task<int> SessionPidAsync(Replica replica) =>
        int.Parse((await replica.AskAsync("health")).Data["sessionPid"], CultureInfo.InvariantCulture);
}

using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Whoever comes under the id of a member and may not take its place, while no key says whether that member lives.</summary>
[Trait("Category", "Fault")]
public sealed class NameConflictTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task After_a_restart_of_the_database_a_member_that_is_not_back_yet_keeps_its_place_and_the_newcomer_is_told_when_it_is()
    {
        var cluster = Own(await Server.StartPrivateClusterAsync());
        var living = await StartOnAsync(cluster.Address.Url, ("MemberId", "pod-0"), ("LeaseTime", "00:00:10"), ("CrashGrace", "00:00:20"));
        var number = (await BecomesMemberAsync(living)).MemberNumber;
        await living.SignalAsync("STOP"); // or it would be back before anybody comes
        await cluster.StopFastAsync();
        await cluster.StartAsync();

        var coming = StartNewcomerAsync(cluster.Address.Url, grace: TimeSpan.FromSeconds(1));
        await Eventually.BecomesTrueAsync(
            () => cluster.Address.ScalarAsync<bool>("select exists (select from coordination.members where awaited_ms > 0)"), "the newcomer has been here twice");
        await living.SignalAsync("CONT");

        var refused = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => coming);
        Assert.Contains("has a living member 'pod-0' already", refused.Message, StringComparison.Ordinal);
        Assert.Equal(number, (await BecomesMemberAsync(living)).MemberNumber);
        Assert.Equal(0L, await cluster.Address.ScalarAsync<long>("select count(*) from coordination.view_log where kind not in ('joined', 'updated')"));
    }

    [Fact]
    public async Task The_place_of_the_only_member_is_free_when_it_was_killed_and_three_graces_are_over()
    {
        var killed = await StartAsync(("MemberId", "pod-0"), ("CrashGrace", "00:00:00.5"));
        var number = (await BecomesMemberAsync(killed)).MemberNumber;
        var since = Time.GetTimestamp();
        await killed.SignalAsync("KILL");
        await Eventually.BecomesTrueAsync(() => Database.ScalarAsync<bool>($"select not coordination.is_process_held({number})"), "its keys are free");

        await using var next = await StartNewcomerAsync(Database.Url, grace: TimeSpan.FromSeconds(0.5));

        Assert.True(next.Group.Self!.Number > number);
        Assert.InRange(Seconds(since, Time.GetTimestamp()), 1.5, Limits.Long.TotalSeconds);
        Assert.Equal(1L, await Database.ScalarAsync<long>($"select count(*) from coordination.view_log where kind = 'superseded' and member_no = {number}"));
    }

    private static Task<RunningHost> StartNewcomerAsync(string url, TimeSpan grace) => RunningHost.StartAsync(options =>
    {
        (options.BackendUrl, options.Group, options.MemberId, options.OnNameConflict) = (url, "replicas", "pod-0", OnNameConflict.Fail);
        (options.CrashGrace, options.StartupTimeout) = (grace, Limits.Long);
    });
}

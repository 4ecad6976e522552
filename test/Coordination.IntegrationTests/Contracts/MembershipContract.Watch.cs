namespace Coordination.IntegrationTests.Contracts;

/// <summary>How a group hears of itself.</summary>
public abstract partial class MembershipContract
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Theory(Timeout = Limit)]
    [InlineData(true, HeartbeatMode.Written)]
    [InlineData(true, HeartbeatMode.Sparse)]
    [InlineData(false, HeartbeatMode.Written)]
    [InlineData(false, HeartbeatMode.Sparse)]
    public async Task However_it_is_watched_and_beats_a_group_sees_its_members_come_and_go(bool crashWatch, HeartbeatMode mode)
    {
        void Set(CoordinationOptions options) => (options.CrashWatch, options.HeartbeatMode) = (crashWatch, mode);
        var staying = await StartAsync("staying", Set);
        var going = await StartAsync("going", Set);
        var eye = await StartAsync("eye", options =>
        {
            Set(options);
            options.Observe = true;
        });
        await Task.WhenAll(staying.SeesMembersAsync("going", "staying"), eye.SeesMembersAsync("going", "staying"));

        await going.StopAsync();

        foreach (var view in await Task.WhenAll(staying.SeesMembersAsync("staying"), eye.SeesMembersAsync("staying")))
        {
            Assert.Equal(MemberChangeKind.Left, Assert.Single(view.Changes).Kind);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Members_with_and_without_a_watcher_make_one_group()
    {
        var with = await StartAsync("with");
        var without = await StartAsync("without", options => options.CrashWatch = false);

        var views = await Task.WhenAll(with.SeesMembersAsync("with", "without"), without.SeesMembersAsync("with", "without"));

        Assert.Equal(views[0].Members, views[1].Members);
        await without.StopAsync();
        await with.SeesMembersAsync("with");
    }

    [Fact(Timeout = Limit)]
    public async Task Every_member_hears_of_a_new_view_before_its_next_heartbeat_is_due()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => StartAsync($"pod-{i}", options => options.LeaseTime = 6 * Soon)));
        await Task.WhenAll(replicas.Select(replica => replica.SeesMembersAsync("pod-0", "pod-1", "pod-2", "pod-3", "pod-4")));
        var hearing = replicas.Select(async replica =>
        {
            await replica.SeesAsync(view => view.Find("pod-2")?.Metadata.GetValueOrDefault("news") == "yes");
            return TimeProvider.System.GetTimestamp();
        }).ToArray();

        await replicas[2].Group.UpdateMetadataAsync(new Dictionary<string, string> { ["news"] = "yes" }, Ending);
        var told = TimeProvider.System.GetTimestamp();

        Assert.All(await Task.WhenAll(hearing), heard => Assert.True(
            TimeProvider.System.GetElapsedTime(told, heard) < Soon, $"heard after {TimeProvider.System.GetElapsedTime(told, heard)}"));
    }
}

using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Notifications are hints: a server that cannot take or deliver them costs a group nothing.</summary>
[Trait("Category", "Fault")]
public sealed class NotificationTests(FreshDatabase fresh) : IClassFixture<FreshDatabase>
{
    /// <summary>
    /// What a full queue does, for real it would take gigabytes: the commit of a transaction that notifies fails. Whether one does is asked of the
    /// setting that our functions ask.
    /// </summary>
    private const string FullQueue =
        """
        create function public.refuse() returns trigger language plpgsql as $$
        begin
            if current_setting('coordination.announce', true) is distinct from 'off' then
                raise exception 'too many notifications in the NOTIFY queue' using errcode = 'program_limit_exceeded';
            end if;
            return null;
        end $$;
        create constraint trigger full_queue after insert on coordination.view_log deferrable initially deferred for each row execute function public.refuse();
        """;

    private const string EmptyQueue = "drop trigger full_queue on coordination.view_log; drop function public.refuse();";

    [Fact]
    public async Task Where_the_queue_of_notifications_is_full_members_come_change_and_go_all_the_same()
    {
        await using var witness = await StartAsync("full", "witness");
        await fresh.Database.ExecuteAsync(FullQueue);
        try
        {
            await using (var member = await StartAsync("full", "member"))
            {
                await SeenAsync(witness, view => view.Find("member") is not null);
                await member.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["color"] = "red" }, TestContext.Current.CancellationToken);
                await SeenAsync(witness, view => view.Find("member")?.Metadata.GetValueOrDefault("color") == "red");
            }

            var last = await SeenAsync(witness, view => view.Find("member") is null);
            Assert.Contains(last.Changes, change => change.Kind is MemberChangeKind.Left);
            Assert.Equal(MembershipState.Joined, witness.Group.State);
            Assert.True(await fresh.Database.ScalarAsync<bool>(
                """
                select count(distinct l.view) = max(l.view) from coordination.view_log l join coordination.groups g using (group_id) where g.name = 'full'
                """));
        }
        finally
        {
            await fresh.Database.ExecuteAsync(EmptyQueue);
        }
    }

    [Fact]
    public async Task A_frozen_listener_under_a_flood_of_notifications_holds_up_no_view()
    {
        await using var witness = await StartAsync("flood", "witness");
        await using var member = await StartAsync("flood", "member");
        await SeenAsync(witness, view => view.Members.Count == 2);

        // It listens and never reads: its socket fills, and its server process waits for it with all that it has not delivered.
        await using var frozen = await fresh.Database.OpenAsync();
        await using (var listen = new NpgsqlCommand("listen coordination", frozen))
        {
            await listen.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        for (var i = 0; i < 20; i++)
        {
            await fresh.Database.ExecuteAsync($"select pg_notify('coordination', {i} || '-' || n || repeat('x', 7000)) from generate_series(1, 200) n");
        }

        await Eventually.BecomesTrueAsync(
            () => fresh.Database.ScalarAsync<bool>($"select wait_event = 'ClientWrite' from pg_stat_activity where pid = {frozen.ProcessID}"), "the listener's server process waits for it");

        for (var i = 0; i < 5; i++)
        {
            var color = $"{i}";
            await member.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["color"] = color }, TestContext.Current.CancellationToken);
            await SeenAsync(witness, view => view.Find("member")?.Metadata.GetValueOrDefault("color") == color);
        }

        Assert.Equal((MembershipState.Joined, MembershipState.Joined), (witness.Group.State, member.Group.State));
        Assert.DoesNotContain(witness.Group.Current.Changes, change => change.Kind is MemberChangeKind.Suspected or MemberChangeKind.Died);
    }

    private Task<RunningHost> StartAsync(string group, string id) =>
        RunningHost.StartAsync(options => (options.BackendUrl, options.Group, options.MemberId) = (fresh.Url, group, id));

    /// <summary>The first view that fits.</summary>
    private static async Task<GroupView> SeenAsync(RunningHost host, Predicate<GroupView> fits)
    {
        using var hang = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        hang.CancelAfter(Limits.Step);
        await foreach (var view in host.Group.WatchAsync(hang.Token))
        {
            if (fits(view))
            {
                return view;
            }
        }

        throw new InvalidOperationException("The views ended.");
    }
}

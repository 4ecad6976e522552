using System.Net;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;
using Npgsql;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>How a replica stops.</summary>
public sealed class StopTests(PostgresServer server) : ReplicaScenario(server)
{
    [Fact]
    public async Task A_request_in_flight_keeps_its_lock_through_the_drain_while_new_acquires_are_refused()
    {
        var witness = await StartAsync(("MemberId", "witness"));
        var stopping = await StartAsync(("MemberId", "stopping"));
        using var client = new HttpClient { BaseAddress = new Uri((await stopping.ExpectAsync("started")).Text!) };
        var request = client.PostAsync(new Uri("/locked/work", UriKind.Relative), content: null, TestContext.Current.CancellationToken);
        await stopping.ExpectAsync("request-holds", "work");

        await stopping.SignalAsync("TERM");

        // Leaving is a view of its own: from then on the others send it nothing new.
        await witness.ExpectAsync(said => said.Members.Any(text => text.StartsWith("stopping ", StringComparison.Ordinal) && text.Contains("Leaving", StringComparison.Ordinal)), "a view in which it is leaving");
        var refused = await stopping.AskAsync("try", "other");
        Assert.Equal("error", refused.Kind);
        Assert.StartsWith(nameof(CoordinationUnavailableException), refused.Text, StringComparison.Ordinal);
        Assert.Contains("stop", refused.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Unhealthy", (await stopping.AskAsync("health")).Text);
        Assert.Equal("busy", (await witness.AskAsync("try", "work")).Kind);

        await stopping.AskAsync("finish", "work");

        using var answer = await request;
        Assert.Equal((HttpStatusCode.OK, "held to the end"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(0, await stopping.ExitAsync());
        Assert.Equal("acquired", (await witness.AskAsync("try", "work")).Kind);
    }

    [Fact]
    public async Task A_stop_while_the_database_is_away_ends_within_the_shutdown_timeout()
    {
        await using var relay = Relay.To(Database.Address);
        var replica = await StartOnAsync(relay.Address.Url, ("LeaseTime", LongLease), (":shutdownTimeoutSeconds", "6"));
        await AcquireAsync(replica, "work", "held");
        relay.Silence();

        var signaled = Time.GetTimestamp();
        await replica.SignalAsync("TERM");

        Assert.Equal(0, await replica.ExitAsync());
        Assert.InRange(Seconds(signaled, Time.GetTimestamp()), 0, 6 + Soon);
    }

    [Fact]
    public async Task A_host_that_is_stopped_by_two_threads_leaves_once()
    {
        var witness = await StartAsync(("MemberId", "witness"));
        var replica = await StartAsync(("MemberId", "replica"));
        await ViewAsync(witness, "replica", shown: true);

        replica.Tell(new ReplicaCommand("stop-twice"));

        Assert.Equal(0, await replica.ExitAsync());
        await replica.ExpectAsync("stopped-twice");
        await ViewAsync(witness, "replica", shown: false, since: (await replica.ExpectAsync("started")).At);
        Assert.Single(witness.Events, said => said.Changes.Contains("Left replica"));
    }

    [Fact]
    public async Task Whoever_leaves_while_its_row_is_locked_gives_its_locks_back_at_once_and_leaves_when_the_row_is_free()
    {
        var log = new LogCollector();
        var stopping = await StartHostAsync("stopping", log);
        await using var other = await StartHostAsync("other");
        Assert.NotNull(await stopping.Locks.TryAcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken));
        await using var foreign = await Database.OpenAsync();
        await using var command = new NpgsqlCommand("begin; select from coordination.members where member_id = 'stopping' for update", foreign);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var stop = stopping.DisposeAsync().AsTask();
        await Eventually.BecomesTrueAsync(() => Task.FromResult(log.Text.Contains(" 2009 ", StringComparison.Ordinal)), "its goodbye was refused once");
        await using var next = await other.Locks.AcquireAsync("work", cancellationToken: TestContext.Current.CancellationToken);
        Assert.False(stop.IsCompleted);
        command.CommandText = "rollback";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await stop;

        Assert.DoesNotContain(" 2004 ", log.Text, StringComparison.Ordinal);
        Assert.Equal("left", await Database.ScalarAsync<string>("select kind from coordination.view_log where member_id = 'stopping' order by view desc limit 1"));
    }

    [Fact]
    public async Task Whoever_stops_in_the_middle_of_its_join_is_out_of_the_group_when_its_stop_has_ended()
    {
        await using var other = await StartHostAsync("other");
        await using var foreign = await Database.OpenAsync();
        await using var command = new NpgsqlCommand("begin; select from coordination.history for update", foreign);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var stopping = await StartHostAsync("stopping", mode: StartupMode.Background);
        await Eventually.BecomesTrueAsync(
            () => Database.ScalarAsync<bool>("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"), "its join waits for the history");

        var stop = stopping.DisposeAsync().AsTask();
        await Database.ScalarAsync<bool>("select true"); // meanwhile one that did not wait would have ended
        Assert.False(stop.IsCompleted);
        command.CommandText = "rollback";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await stop;

        Assert.Equal("other", await Database.ScalarAsync<string>("select string_agg(member_id, ' ') from coordination.members"));
        Assert.Equal("joined left", await Database.ScalarAsync<string>("select string_agg(kind, ' ' order by view) from coordination.view_log where member_id = 'stopping'"));
    }

    [Fact]
    public async Task A_lost_lease_stops_the_host_with_exit_code_75_where_that_is_wanted()
    {
        await using var relay = Relay.To(Database.Address);
        var replica = await StartOnAsync(relay.Address.Url, ("OnLeaseLost", "StopHost"), (":shutdownTimeoutSeconds", "5"));

        relay.Silence();

        Assert.Equal(75, await replica.ExitAsync());
    }

    /// <summary>With heartbeats that are due while a row is locked, and a lease that outlasts that.</summary>
    private Task<RunningHost> StartHostAsync(string id, LogCollector? log = null, StartupMode mode = StartupMode.Required) => RunningHost.StartAsync(
        options =>
        {
            (options.BackendUrl, options.MemberId, options.StartupMode) = (Database.Url, id, mode);
            (options.LeaseTime, options.HeartbeatInterval) = (TimeSpan.FromMinutes(4), TimeSpan.FromMilliseconds(100));
        },
        log);
}

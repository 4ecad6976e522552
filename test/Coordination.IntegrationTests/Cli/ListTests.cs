using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>What the lists show of a group in which a role is led, a lock held, and another waited for.</summary>
public sealed class ListTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    [Fact]
    public async Task A_watch_ends_when_nobody_reads_it_any_more_although_nothing_changes()
    {
        Assert.Equal(0, (await CliProcess.RunAsync(database.Url, "run", "watched-out", "--group", "unheard", "--settle", "0", "--", "true")).Code);
        await using var process = CliProcess.StartProgram(
            "bash", database.Url, "-c", $"'{CliProcess.Executable}' members --connect-timeout 90s --group unheard --watch -o json | head -1; echo ended ${{PIPESTATUS[0]}}");

        Assert.Equal("141", await process.ExpectAsync("ended "));
    }

    [Fact]
    public Task Lists_show_who_is_there_who_holds_and_who_waits_on_PostgreSQL() => ShowsAsync(database.Url);

    [Fact]
    public async Task Lists_show_who_is_there_who_holds_and_who_waits_in_a_folder()
    {
        using var folder = new TemporaryFolder();
        await ShowsAsync(folder.Url);
    }

    [Fact]
    public async Task A_list_that_is_watched_is_written_again_when_it_changes_and_ends_with_a_signal()
    {
        await using var first = await LeadAsync(database.Url, "watched", "one");
        await using var watch = CliProcess.Start(database.Url, "leaders", "--group", "watched", "--watch", "-o", "name");
        Assert.Equal(string.Empty, await watch.ExpectAsync("one"));
        await using var second = await LeadAsync(database.Url, "watched", "another");

        Assert.Equal(string.Empty, await watch.ExpectAsync("another"));
        await watch.SignalAsync("INT");
        Assert.Equal(130, (await watch.EndAsync()).Code);
    }

    [Fact]
    public async Task A_watch_for_programs_writes_a_line_for_each_change_and_each_is_whole()
    {
        await using var first = await LeadAsync(database.Url, "lines", "one");
        await using var watch = CliProcess.Start(database.Url, "leaders", "--group", "lines", "--watch", "-o", "json");
        await watch.ExpectAsync("[{");
        await using var second = await LeadAsync(database.Url, "lines", "another");
        await watch.ExpectAsync(static output => output.Contains("\"another\"", StringComparison.Ordinal) && output.EndsWith('\n') ? output : null, "a line with the other role");
        await watch.SignalAsync("TERM");

        var result = await watch.EndAsync();
        Assert.Equal((143, string.Empty), (result.Code, result.Errors));
        var lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 2, 20);
        Assert.All(lines, static line => Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(line).RootElement.ValueKind));
    }

    [Fact]
    public async Task A_watch_tells_of_a_member_that_has_died_where_nobody_is_left_to_judge_it()
    {
        await using var only = CliProcess.Start(database.Url, "elect", "only", "--group", "deserted", "--settle", "0", "--lease", "3s", "--", "sh", "-c", "echo leads; exec sleep 600");
        await only.ExpectAsync("leads");
        await using var watch = CliProcess.Start(database.Url, "members", "--group", "deserted", "--watch");
        await watch.ExpectAsync("MEMBER");
        await only.SignalAsync("KILL");

        await watch.ExpectAsync(static output => output.Contains(" late ", StringComparison.Ordinal) ? output : null, "that its heartbeat is late");
        await watch.SignalAsync("TERM");
        Assert.Equal(143, (await watch.EndAsync()).Code);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_has_as_long_as_the_command_gives_it_and_not_as_long_as_a_lease()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        string[][] commands = [["members"], ["check"], ["schema", "show"], ["schema", "apply"], ["evict", "x", "--yes"], ["release", "x", "--force", "--yes"]];
        var results = await Task.WhenAll(commands.Select(command => CliProcess.RunAsync(
            $"postgresql://app@127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/orders", [.. command, "--connect-timeout", "6s"])));

        Assert.All(results, static result =>
        {
            Assert.Equal((69, string.Empty), (result.Code, result.Output));
            Assert.Contains("has not answered for 6 s", result.Errors, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("members")]
    [InlineData("history")]
    [InlineData("check")]
    public async Task A_backend_that_is_away_is_69_and_no_password_is_told(string command)
    {
        var result = await CliProcess.RunAsync("postgresql://app:open-sesame-4711@127.0.0.1:1/orders", command, "--connect-timeout", "2s");

        Assert.Equal((69, string.Empty), (result.Code, result.Output));
        Assert.DoesNotContain("sesame", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_that_is_silent_is_69_within_the_time_that_was_given()
    {
        await using var network = Relay.To(database.Database.Address);
        network.Silence();
        var time = TimeProvider.System;
        var asked = time.GetTimestamp();

        var result = await CliProcess.RunAsync(network.Address.Url, "members", "--connect-timeout", "1s");

        Assert.Equal(69, result.Code);
        Assert.True(time.GetElapsedTime(asked) < Limits.Step / 2, $"It took {time.GetElapsedTime(asked)}.");
    }

    [Fact]
    public async Task A_group_that_nobody_has_come_into_is_1()
    {
        await using var other = await LeadAsync(database.Url, "known", "role");
        var result = await CliProcess.RunAsync(database.Url, "members", "--group", "unknown");

        Assert.Equal((1, string.Empty), (result.Code, result.Output));
        Assert.Contains("'unknown'", result.Errors, StringComparison.Ordinal);
    }

    private static async Task ShowsAsync(string url)
    {
        await using var leader = await LeadAsync(url, "shown", "boss");
        await using var holder = CliProcess.Start(url, "run", "a\nlock", "--group", "shown", "--settle", "0", "--", "sh", "-c", "echo started; read line");
        await holder.ExpectAsync("started");
        await using var waiter = CliProcess.Start(url, "run", "a\nlock", "--group", "shown", "--settle", "0", "--", "true");
        await Eventually.BecomesTrueAsync(async () => (await ReadAsync(url, "waiters")).Length == 1, "somebody waits");
        await Eventually.BecomesTrueAsync(
            async () => (await ReadAsync(url, "locks")).All(one => one.GetProperty("reason").ValueKind is JsonValueKind.String), "what it is held for is shown, which is not done for a short while");

        var member = Assert.Single(await ReadAsync(url, "members"));
        var held = Assert.Single(await ReadAsync(url, "locks"));
        var wait = Assert.Single(await ReadAsync(url, "waiters"));
        var role = Assert.Single(await ReadAsync(url, "leaders"));
        Assert.Equal(("a\nlock", 1, "coordination run sh"), (held.GetProperty("name").GetString(), held.GetProperty("waiters").GetInt32(), held.GetProperty("reason").GetString()));
        Assert.Equal(held.GetProperty("holder").GetString(), Assert.Single(wait.GetProperty("blockedBy").EnumerateArray()).GetString());
        Assert.Equal(("boss", member.GetProperty("id").GetString()), (role.GetProperty("role").GetString(), role.GetProperty("leader").GetString()));
        Assert.Contains(await ReadAsync(url, "history"), change => change.GetProperty("kind").GetString() == "Joined");

        foreach (var format in (string[])["table", "wide"])
        {
            var table = await RunAsync(url, "locks", "-o", format);
            Assert.Equal(["LOCK", "a\\u000alock"], table.TrimEnd().Split('\n').Select(static line => line.Split(' ')[0]));
        }

        Assert.Equal(member.GetProperty("id").GetString() + "\n", await RunAsync(url, "members", "-o", "name"));
        await holder.SayAsync("done");
        Assert.Equal(0, (await waiter.EndAsync()).Code);
    }

    private static async Task<JsonElement[]> ReadAsync(string url, string list) =>
        [.. JsonDocument.Parse(await RunAsync(url, list, "-o", "json")).RootElement.EnumerateArray()];

    private static async Task<string> RunAsync(string url, string list, params string[] options)
    {
        var result = await CliProcess.RunAsync(url, [list, "--group", "shown", .. options]);
        Assert.Equal((0, string.Empty), (result.Code, result.Errors));
        Assert.DoesNotContain('\u001b', result.Output);
        return result.Output;
    }

    private static async Task<CliProcess> LeadAsync(string url, string group, string role)
    {
        var leader = CliProcess.Start(url, "elect", role, "--group", group, "--settle", "0", "--", "sh", "-c", "echo leads; exec sleep 600");
        await leader.ExpectAsync("leads");
        return leader;
    }
}

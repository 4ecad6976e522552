using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>What a command finds that runs as the leader of a role, and what it leaves behind.</summary>
public sealed class ElectTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Say = "echo $COORDINATION_LOCK $COORDINATION_TOKEN; exit 7";

    [Fact]
    public async Task The_command_gets_the_role_and_its_token_and_its_exit_code_is_ours()
    {
        var first = await ElectAsync("codes", "sh", "-c", Say);
        var second = await ElectAsync("codes", "sh", "-c", Say);

        Assert.Equal((7, 7), (first.Code, second.Code));
        Assert.StartsWith("codes ", first.Output, StringComparison.Ordinal);
        Assert.True(Token(second) > Token(first), $"{second.Output} comes after {first.Output}");
        Assert.Equal(127, (await ElectAsync("codes", "no-such-program-anywhere")).Code);
    }

    [Fact]
    public async Task The_next_one_leads_when_the_command_before_it_has_ended_and_not_before()
    {
        await using var leader = CliProcess.Start(database.Url, "elect", "turn", "--group", "turns", "--settle", "0", "--", "sh", "-c", "echo leads; read line; exit 3");
        await leader.ExpectAsync("leads");
        await using var next = CliProcess.Start(database.Url, "elect", "turn", "--group", "turns", "--settle", "0", "--", "sh", "-c", "echo leads; exit 4");
        await Eventually.BecomesTrueAsync(
            async () => (await CliProcess.RunAsync(database.Url, "leaders", "--group", "turns", "-o", "json")).Output.Contains("\"candidates\": [\n      \"", StringComparison.Ordinal), "the next one is a candidate");
        await leader.SayAsync("done");

        Assert.Equal(3, (await leader.EndAsync()).Code);
        var ended = await next.EndAsync();
        Assert.Equal((4, "leads\n"), (ended.Code, ended.Output));
    }

    [Fact]
    public async Task A_signal_ends_the_waiting_for_a_role()
    {
        await using var leader = CliProcess.Start(database.Url, "elect", "kept", "--group", "keepers", "--settle", "0", "--", "sh", "-c", "echo leads; read line");
        await leader.ExpectAsync("leads");
        await using var next = CliProcess.Start(database.Url, "elect", "kept", "--group", "keepers", "--", "echo", "never");
        await Eventually.BecomesTrueAsync(
            async () => (await CliProcess.RunAsync(database.Url, "members", "--group", "keepers", "-o", "name")).Output.Split('\n').Length == 3, "the next one is a member");
        await next.SignalAsync("TERM");

        var ended = await next.EndAsync();
        Assert.Equal((143, string.Empty), (ended.Code, ended.Output));
    }

    private Task<CliResult> ElectAsync(string role, params string[] command) => CliProcess.RunAsync(database.Url, ["elect", role, "--settle", "0", "--", .. command]);

    private static long Token(CliResult result) => long.Parse(result.Output.Trim().Split(' ')[1], CultureInfo.InvariantCulture);
}

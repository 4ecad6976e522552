using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary><c>top</c> on a terminal that the kernel made (util-linux's <c>script</c> asks it for one), and a watch, while the server goes and comes back.</summary>
public sealed partial class TopTests(PostgresServer server, FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Home = "\u001b[1;1H";

    // The shell says how the terminal is set before and after, and what the command ended with.
    private const string Around = "tty; stty rows 24 cols 80; stty -g; trap : INT; ";
    private const string After = "; code=$?; echo; echo code $code; stty -g";

    [Fact]
    public async Task It_shows_the_group_follows_the_size_of_the_terminal_and_ends_with_q_leaving_everything_as_it_was()
    {
        await using var leader = await LeadAsync(database.Url, "shown");
        await using var top = OnTerminal(database.Url, $"'{CliProcess.Executable}' top --connect-timeout 90s --group shown");
        var terminal = (await top.ExpectAsync("/dev/")).Trim();
        Assert.Contains("boss", await FrameAsync(top, static frame => frame.Contains("Joined", StringComparison.Ordinal), "the group"), StringComparison.Ordinal);

        await Command.RunAsync("stty", ["-F", "/dev/" + terminal, "rows", "10", "cols", "30"]);
        var small = await FrameAsync(top, static frame => Lines(frame).Count <= 10 && Lines(frame).All(static line => line.Length <= 30), "a frame of the new size");
        Assert.Contains("shown view", small, StringComparison.Ordinal);
        await top.TypeAsync("xq");

        await AssertLeftAsync(top, "0");
    }

    [Fact]
    public async Task It_ends_with_the_keyboards_signal_and_leaves_everything_as_it_was()
    {
        await using var leader = await LeadAsync(database.Url, "interrupted");
        await using var top = OnTerminal(database.Url, $"'{CliProcess.Executable}' top --connect-timeout 90s --group interrupted");
        await FrameAsync(top, static frame => frame.Contains("boss", StringComparison.Ordinal), "the group");
        await top.TypeAsync("\u0003");

        await AssertLeftAsync(top, "130");
    }

    [Fact]
    public async Task It_has_no_colours_where_nobody_wants_them()
    {
        await using var leader = await LeadAsync(database.Url, "plain");
        await using var top = OnTerminal(database.Url, $"NO_COLOR=1 '{CliProcess.Executable}' top --connect-timeout 90s --group plain");
        await FrameAsync(top, static frame => frame.Contains("boss", StringComparison.Ordinal), "the group");
        await top.TypeAsync("q");

        Assert.DoesNotMatch(@"\u001b\[[\d;]*[349]\d[\d;]*m", (await top.EndAsync()).Output);
    }

    [Fact]
    public async Task Where_there_is_no_terminal_or_one_that_cannot_move_its_cursor_it_says_what_to_do_instead()
    {
        var piped = await CliProcess.RunAsync(database.Url, "top");
        await using var dumb = OnTerminal(database.Url, $"TERM=dumb '{CliProcess.Executable}' top");

        Assert.Equal((64, string.Empty), (piped.Code, piped.Output));
        Assert.Contains("members --watch -o json", piped.Errors, StringComparison.Ordinal);
        Assert.Contains("\ncode 64", (await dumb.EndAsync()).Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_is_said_and_so_is_how_old_what_is_shown_is_until_it_is_back()
    {
        await using var cluster = await server.StartPrivateClusterAsync();
        await using var leader = await LeadAsync(cluster.Address.Url, "away");
        await using var watch = CliProcess.Start(cluster.Address.Url, "leaders", "--group", "away", "--watch", "-o", "name");
        await watch.ExpectAsync("boss");
        await using var top = OnTerminal(cluster.Address.Url, $"'{CliProcess.Executable}' top --connect-timeout 90s --group away");
        await FrameAsync(top, static frame => frame.Contains("boss", StringComparison.Ordinal), "the group");

        await cluster.StopFastAsync();
        var away = await FrameAsync(top, static frame => OneLine(frame).Contains("This is how it was", StringComparison.Ordinal), "that it is away");
        Assert.Contains("boss", away, StringComparison.Ordinal);
        await cluster.StartAsync();
        await FrameAsync(top, static frame => !OneLine(frame).Contains("This is how it was", StringComparison.Ordinal), "that it is back");
        await using var second = await LeadAsync(cluster.Address.Url, "away", "other");
        await FrameAsync(top, static frame => frame.Contains("other", StringComparison.Ordinal), "what is new");
        await watch.ExpectAsync("other");
        await top.TypeAsync("q");
        await watch.SignalAsync("INT");

        await AssertLeftAsync(top, "0");
        var watched = await watch.EndAsync();
        Assert.Equal(130, watched.Code);
        Assert.Matches(@"^coordination: [^\n]* What was written last may be out of date; asking again\.\ncoordination: The backend answers again;[^\n]*\n$", watched.Errors);
    }

    [Fact]
    public async Task A_network_that_is_silent_is_said_before_the_reading_is_given_up()
    {
        await using var leader = await LeadAsync(database.Url, "silent");
        await using var network = Relay.To(database.Database.Address);
        await using var top = OnTerminal(network.Address.Url, $"'{CliProcess.Executable}' top --group silent --connect-timeout 60s");
        await FrameAsync(top, static frame => frame.Contains("boss", StringComparison.Ordinal), "the group");
        network.Hold();
        await FrameAsync(top, static frame => OneLine(frame).Contains("does not answer", StringComparison.Ordinal), "that nobody answers");
        network.Resume();
        await FrameAsync(top, static frame => !OneLine(frame).Contains("does not answer", StringComparison.Ordinal), "that somebody answers");
        await top.TypeAsync("q");

        await AssertLeftAsync(top, "0");
    }

    private static CliProcess OnTerminal(string url, string command) => CliProcess.StartProgram("script", url, "-qec", $"{Around}TERM=xterm; export TERM; {command}{After}", "/dev/null");

    /// <summary>Waits for a whole frame that is as asked for, the newest first; its text without what moves and colours it.</summary>
    private static Task<string> FrameAsync(CliProcess top, Func<string, bool> isMeant, string what) => top.ExpectAsync(
        output => output.Split(Home) is { Length: > 2 } parts && Plain(parts[^2]) is var frame && isMeant(frame) ? frame : null, $"on its screen {what}");

    private static string Plain(string frame) => Control().Replace(Position().Replace(frame, "\n"), string.Empty);

    // What is said is wrapped where the terminal ends.
    private static string OneLine(string frame) => frame.Replace('\n', ' ');

    private static IReadOnlyList<string> Lines(string frame) => frame.TrimEnd('\n').Split('\n');

    private static async Task AssertLeftAsync(CliProcess top, string code)
    {
        var output = (await top.EndAsync()).Output.ReplaceLineEndings("\n");
        var lines = output.Split('\n');
        Assert.Contains($"code {code}", lines);
        var end = output[output.LastIndexOf(Home, StringComparison.Ordinal)..];
        Assert.Matches(@"\u001b\[\?25h\u001b\[\?1049l[^\u001b]*$", end); // the cursor is seen again, on the screen that was there before
        var settings = lines.Where(static line => Settings().IsMatch(line)).ToList();
        Assert.Equal(2, settings.Count);
        Assert.Equal(settings[0], settings[1]);
    }

    private static async Task<CliProcess> LeadAsync(string url, string group, string role = "boss")
    {
        var leader = CliProcess.Start(url, "elect", role, "--group", group, "--settle", "0", "--", "sh", "-c", "echo leads; exec sleep 600");
        await leader.ExpectAsync("leads");
        return leader;
    }

    [GeneratedRegex(@"\u001b\[\d+;1H")]
    private static partial Regex Position();

    [GeneratedRegex(@"\u001b\[\??[\d;]*[A-Za-z]|\u001b[=>]")]
    private static partial Regex Control();

    [GeneratedRegex(@"^[0-9a-f]+(:[0-9a-f]+){10,}$")]
    private static partial Regex Settings();
}

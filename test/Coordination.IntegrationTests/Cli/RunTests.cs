using System.Globalization;
using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>Every exit code of <c>coordination run</c>, with the real program on a real server. Those of signals and of lost locks: <see cref="RunEndTests"/>.</summary>
public sealed class RunTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const string Password = "open-sesame-4711";

    [Fact]
    public async Task The_command_gets_the_lock_and_its_token_and_its_exit_code_is_ours()
    {
        var first = await RunAsync("run", "codes", "--settle", "0", "--", "sh", "-c", "echo $COORDINATION_LOCK $COORDINATION_TOKEN; echo aside >&2; exit 7");
        var second = await RunAsync("run", "codes", "--settle", "0", "--", "sh", "-c", "echo $COORDINATION_LOCK $COORDINATION_TOKEN");

        Assert.Equal(7, first.Code);
        Assert.Equal(0, second.Code);
        Assert.Equal("aside\n", first.Errors);
        Assert.StartsWith("codes ", first.Output, StringComparison.Ordinal);
        Assert.True(Token(second) > Token(first), $"{second.Output} comes after {first.Output}");
    }

    [Fact]
    public async Task Arguments_reach_the_command_as_they_are()
    {
        var said = await RunAsync("run", "arguments", "--settle", "0", "--", "printf", "[%s]", "a b", "", "@c", "--", "--help", "$HOME", "*", "'");

        Assert.Equal("[a b][][@c][--][--help][$HOME][*][']", said.Output);
        Assert.Equal(0, said.Code);
    }

    [Fact]
    public async Task The_command_reads_our_input_and_hears_of_a_broken_pipe()
    {
        await using var process = CliProcess.Start(database.Url, "run", "pipe", "--settle", "0", "--", "sh", "-c", "grep SigIgn /proc/self/status; yes | head -1; read line; echo read $line");
        Assert.Equal("y", "y" + await process.ExpectAsync("y"));
        await process.SayAsync("something");

        var result = await process.EndAsync();
        Assert.Equal(("read something", string.Empty), (result.Output.TrimEnd().Split('\n')[^1], result.Errors));
    }

    [Fact]
    public async Task A_lock_that_somebody_has_is_75_or_what_was_asked_for()
    {
        await using var holder = CliProcess.Start(database.Url, "run", "busy", "--settle", "0", "--", "sh", "-c", "echo started; read line; exit 5");
        await holder.ExpectAsync("started");

        var refused = await RunAsync("run", "busy", "--no-wait", "--", "echo", "never");
        var waited = await RunAsync("run", "busy", "--wait", "300ms", "--", "echo", "never");
        var asked = await RunAsync("run", "busy", "--no-wait", "--conflict-exit-code", "0", "--", "echo", "never");
        var shared = await RunAsync("run", "busy", "--no-wait", "--shared", "--", "echo", "never");

        Assert.Equal((75, 75, 0, 75), (refused.Code, waited.Code, asked.Code, shared.Code));
        Assert.All([refused, waited, asked, shared], static result => Assert.Equal(string.Empty, result.Output));
        Assert.Contains("busy", refused.Errors, StringComparison.Ordinal);
        await holder.SayAsync("done");
        Assert.Equal(5, (await holder.EndAsync()).Code);
    }

    [Fact]
    public async Task Who_waits_begins_when_the_other_has_ended()
    {
        await using var holder = CliProcess.Start(database.Url, "run", "turn", "--settle", "0", "--", "sh", "-c", "echo started; read line");
        await holder.ExpectAsync("started");
        await using var waiter = CliProcess.Start(database.Url, "run", "turn", "--settle", "0", "--", "echo", "mine");
        await Eventually.BecomesTrueAsync(
            () => database.Database.ScalarAsync<bool>("select exists (select from coordination.live_connections where kind = 'waiter')"), "somebody waits");
        await holder.SayAsync("done");

        Assert.Equal(0, (await holder.EndAsync()).Code);
        Assert.Equal("mine\n", (await waiter.EndAsync()).Output);
    }

    [Fact]
    public async Task Two_share_a_shared_lock()
    {
        await using var holder = CliProcess.Start(database.Url, "run", "shared", "--shared", "--settle", "0", "--", "sh", "-c", "echo started; read line");
        await holder.ExpectAsync("started");

        Assert.Equal(0, (await RunAsync("run", "shared", "--shared", "--no-wait", "--settle", "0", "--", "true")).Code);
        Assert.Equal(75, (await RunAsync("run", "shared", "--no-wait", "--settle", "0", "--", "true")).Code);
    }

    [Theory]
    [InlineData(127, "no-such-program-anywhere")]
    [InlineData(127, "/no/such/file")]
    [InlineData(126, "/etc/passwd")]
    [InlineData(126, "/etc")]
    [InlineData(64)]
    public async Task A_program_that_cannot_be_run_is_said_before_anything_is_connected(int code, params string[] command)
    {
        var result = await CliProcess.RunAsync("postgresql://nobody@127.0.0.1:1/none", ["run", "x", "--", .. command]);

        Assert.Equal(code, result.Code);
        Assert.StartsWith("coordination: ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_126()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "noise");
        await File.WriteAllTextAsync(file, "\u0001\u0002", TestContext.Current.CancellationToken);
        await Command.RunAsync("chmod", ["+x", file]);

        Assert.Equal(126, (await RunAsync("run", "noise", "--settle", "0", "--", file)).Code);
    }

    [Theory]
    [InlineData(64, "run", "x", "--wait", "soon", "--", "true")]
    [InlineData(64, "run", "", "--", "true")]
    [InlineData(64, "nothing")]
    [InlineData(64, "postgresql://app:open-sesame-4711@db/orders")]
    [InlineData(64, "members", "Password=open-sesame-4711")]
    [InlineData(78, "run", "x", "--lease", "1s", "--", "true")]
    [InlineData(78, "run", "x", "--group", "a\tb", "--", "true")]
    [InlineData(78, "run", "x", "--schema", "Robert'); drop", "--", "true")]
    [InlineData(78, "run", "x", "--url", "ftp://app:open-sesame-4711@db/orders", "--", "true")]
    [InlineData(78, "run", "x", "--url", "postgresql://app:open-sesame-4711@db/orders?nonsense=1", "--", "true")]
    [InlineData(78, "run", "x", "--url", "Host=db;Password=open-sesame-4711;Nonsense=1", "--", "true")]
    [InlineData(69, "run", "x", "--url", "postgresql://app:open-sesame-4711@127.0.0.1:1/orders", "--connect-timeout", "1s", "--", "true")]
    public async Task Bad_input_is_told_with_its_code_and_without_the_password(int code, params string[] arguments)
    {
        var result = await RunAsync(arguments);

        Assert.Equal(code, result.Code);
        Assert.Equal(string.Empty, result.Output);
        Assert.StartsWith("coordination: ", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_backend_at_all_says_where_it_was_looked_for()
    {
        var result = await CliProcess.RunAsync(url: null, "run", "x", "--", "true");

        Assert.Equal(78, result.Code);
        Assert.All(["--url", "COORDINATION_URL", "COORDINATION_URI"], place => Assert.Contains(place, result.Errors, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, "COORDINATION_URI=", "run", "place", "--settle", "0", "--", "true")]
    [InlineData(0, "COORDINATION_URI=", "schema", "show")]
    [InlineData(69, "COORDINATION_URI=", "run", "place", "--url", "postgresql://nobody@127.0.0.1:1/none", "--connect-timeout", "1s", "--", "true")] // what is typed comes before what is set
    [InlineData(69, "COORDINATION_URL=postgresql://nobody@127.0.0.1:1/none COORDINATION_URI=", "run", "place", "--connect-timeout", "1s", "--", "true")]
    public async Task The_url_may_stand_in_either_variable_and_the_commands_own_comes_first(int code, string variables, params string[] arguments)
    {
        Assert.Equal(0, (await RunAsync("schema", "apply")).Code);
        await using var process = CliProcess.StartProgram("env", url: null, ["-u", "COORDINATION_URL", .. (variables + database.Url).Split(' '), CliProcess.Executable, .. CliProcess.Patient(arguments)]);

        var result = await process.EndAsync();
        Assert.True(code == result.Code, $"{result.Code}: {result.Errors}");
    }

    [Fact]
    public async Task A_folder_will_do_for_the_processes_of_one_machine()
    {
        using var folder = new TemporaryFolder();
        var url = folder.Url;
        await using var holder = CliProcess.Start(url, "run", "busy", "--settle", "0", "--", "sh", "-c", "echo started $COORDINATION_TOKEN; read line; exit 5");
        var token = long.Parse(await holder.ExpectAsync("started "), CultureInfo.InvariantCulture);

        Assert.Equal(75, (await CliProcess.RunAsync(url, "run", "busy", "--no-wait", "--", "true")).Code);
        await holder.SayAsync("done");
        Assert.Equal(5, (await holder.EndAsync()).Code);
        var next = await CliProcess.RunAsync(url, "run", "busy", "--settle", "0", "--", "sh", "-c", "echo busy $COORDINATION_TOKEN");
        Assert.True(Token(next) > token, next.Output);
    }

    private Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(database.Url, arguments);

    private static long Token(CliResult result) => long.Parse(result.Output.Trim().Split(' ')[1], CultureInfo.InvariantCulture);
}

using System.Globalization;
using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>Every exit code of <c>coordination run</c>, with the real program on a real server.</summary>
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
    public async Task A_command_whose_network_falls_silent_is_told_first_and_killed_when_it_goes_on()
    {
        await using var network = Relay.To(database.Database.Address);
        var url = (database.Database.Address with { Host = network.Address.Host, Port = network.Address.Port }).Url;
        await using var process = CliProcess.Start(
            url, "run", "silence", "--settle", "0", "--lease", "20s", "--", "sh", "-c", "trap 'echo told' TERM; echo started; while :; do sleep 0.05; done");
        await process.ExpectAsync("started");
        network.Silence();

        var result = await process.EndAsync(Limits.Long);
        Assert.Equal((76, "started\ntold\n"), (result.Code, result.Output));
        Assert.Contains("'silence' was lost.", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_has_no_longer_than_was_given_between_the_word_and_the_end()
    {
        // It would have 2.1 s, as the test above shows of less, and its answer takes one and a half.
        await using var network = Relay.To(database.Database.Address);
        await using var process = CliProcess.Start(
            network.Address.Url, "run", "kill-after", "--settle", "0", "--lease", "30s", "--kill-after", "0", "--", "sh", "-c", "trap 'sleep 1.5; echo told' TERM; echo started; while :; do sleep 0.05; done");
        await process.ExpectAsync("started");
        network.Silence();

        var result = await process.EndAsync(Limits.Long);
        Assert.Equal((76, "started\n"), (result.Code, result.Output));
    }

    [Fact]
    public async Task A_signal_that_ends_nobody_reaches_the_command_too()
    {
        await using var process = CliProcess.Start(database.Url, "run", "window", "--settle", "0", "--", "sh", "-c", "trap 'exit 4' WINCH; echo started; while :; do sleep 0.05; done");
        await process.ExpectAsync("started");
        await process.SignalAsync("WINCH");

        Assert.Equal(4, (await process.EndAsync()).Code);
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

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    [InlineData("QUIT", 131)]
    [InlineData("USR1", 138)]
    [InlineData("USR2", 140)]
    public async Task A_signal_reaches_the_command_and_its_death_by_it_is_128_and_the_signal(string signal, int code)
    {
        await using var process = CliProcess.Start(database.Url, "run", $"signal-{signal}", "--settle", "0", "--", "sh", "-c", "echo started; exec sleep 60");
        await process.ExpectAsync("started");
        await process.SignalAsync(signal);

        Assert.Equal(code, (await process.EndAsync()).Code);
    }

    [Fact]
    public async Task A_command_that_has_its_own_answer_to_a_signal_gives_it()
    {
        await using var process = CliProcess.Start(database.Url, "run", "trap", "--settle", "0", "--", "sh", "-c", "trap 'exit 3' TERM; echo started; while :; do sleep 0.05; done");
        await process.ExpectAsync("started");
        await process.SignalAsync("TERM");

        Assert.Equal(3, (await process.EndAsync()).Code);
    }

    [Fact]
    public async Task A_command_that_a_signal_of_its_own_ended_takes_what_it_started_with_it()
    {
        var result = await RunAsync("run", "own", "--settle", "0", "--", "sh", "-c", "setsid sleep 60 & sleep 60 & kill -SEGV $$");

        // The end of the output says that nobody is left who has it.
        Assert.Equal(139, result.Code);
    }

    [Fact]
    public async Task What_a_command_leaves_running_when_it_ends_by_itself_goes_on()
    {
        // It has closed our output, or the test would wait for it.
        var result = await RunAsync("run", "background", "--settle", "0", "--", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!; exit 255");

        Assert.Equal(255, result.Code);
        await CliProcess.SignalAsync("TERM", int.Parse(result.Output, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task At_a_terminal_the_command_can_read_from_it_and_dies_with_its_holder()
    {
        // script gives the command a terminal of its own.
        await using var process = CliProcess.StartProgram(
            "script", database.Url, "-qec", $"'{CliProcess.Executable}' run terminal --settle 0 -- sh -c 'test -t 0 && read line && echo got $line; echo guard $PPID; sleep 60; :'", "/dev/null");
        await process.SayAsync("something");
        Assert.Equal("something", (await process.ExpectAsync("got ")).Trim());
        var guard = int.Parse(await process.ExpectAsync("guard "), CultureInfo.InvariantCulture);
        var holder = int.Parse((await File.ReadAllTextAsync($"/proc/{guard}/stat", TestContext.Current.CancellationToken)).Split(") ")[^1].Split(' ')[1], CultureInfo.InvariantCulture);
        var command = (await File.ReadAllTextAsync($"/proc/{guard}/task/{guard}/children", TestContext.Current.CancellationToken)).Trim();
        Assert.NotEqual(string.Empty, command);
        await CliProcess.SignalAsync("KILL", holder);

        await Eventually.BecomesTrueAsync(() => Task.FromResult(!File.Exists($"/proc/{guard}/stat") && !File.Exists($"/proc/{command}/stat")), "guard and command are gone");
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

    [Fact]
    public async Task A_signal_before_the_command_has_begun_ends_the_waiting()
    {
        await using var holder = CliProcess.Start(database.Url, "run", "patience", "--settle", "0", "--", "sh", "-c", "echo started; read line");
        await holder.ExpectAsync("started");
        await using var waiter = CliProcess.Start(database.Url, "run", "patience", "--", "echo", "never");
        await Eventually.BecomesTrueAsync(
            () => database.Database.ScalarAsync<bool>("select exists (select from coordination.live_connections where kind = 'waiter')"), "somebody waits");
        await waiter.SignalAsync("TERM");

        var result = await waiter.EndAsync();
        Assert.Equal((143, string.Empty), (result.Code, result.Output));
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

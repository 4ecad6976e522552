using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>How a command of <c>coordination run</c> ends that does not end by itself: by signals, with its terminal, with the network. A class beside <see cref="RunTests"/>, so that the two run at the same time.</summary>
public sealed class RunEndTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
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

    private Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(database.Url, arguments);
}

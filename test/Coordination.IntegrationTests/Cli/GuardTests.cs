using System.Globalization;
using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>What becomes of the processes under <c>coordination run</c>, as the kernel tells it.</summary>
public sealed class GuardTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_has_left_its_parents_and_ended_is_cleared_away_while_the_command_runs()
    {
        // Each has no parent any more when it ends: who adopts it must wait for it.
        await using var process = CliProcess.Start(
            database.Url, "run", "double-forks", "--settle", "0", "--", "sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.1 & echo orphan $! >&2); done; echo started; read line; exit 3");
        await process.ExpectAsync("started");

        await Eventually.BecomesTrueAsync(() => Task.FromResult(Children(process.ProcessId) is [_]), "nobody but the guard is left");
        await process.SayAsync("done");
        var result = await process.EndAsync();
        Assert.Equal(3, result.Code); // and the guard's own code is not taken from it
        Assert.Equal(5, result.Errors.Split("orphan").Length - 1);
    }

    [Fact]
    public async Task A_command_of_another_user_is_named_when_its_lock_is_lost_and_nobody_waits_for_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "It takes root to make a program that changes its user.");
        using var folder = new TemporaryFolder();
        var program = Path.Combine(folder.Path, "become-root");
        await Command.RunAsync("cp", ["/usr/bin/setpriv", program]);
        await Command.RunAsync("chmod", ["755", folder.Path]);
        await Command.RunAsync("chmod", ["4755", program]);
        await using var process = CliProcess.StartProgram(
            "/usr/bin/setpriv", database.Url, "--reuid=65534", "--regid=65534", "--clear-groups", CliProcess.Executable, "run", "foreign", "--settle", "0", "--connect-timeout", "90s", "--",
            program, "--reuid=0", "--clear-groups", "sh", "-c", "echo started $$; exec sleep 120 >/dev/null 2>&1");
        var command = int.Parse(await process.ExpectAsync("started "), CultureInfo.InvariantCulture);
        try
        {
            Assert.Equal(0, (await CliProcess.RunAsync(database.Url, "release", "foreign", "--force", "--yes")).Code);

            var result = await process.EndAsync();
            Assert.Equal(76, result.Code);
            Assert.Contains($"could not be ended: of it there is left, as another user, process {command}.", result.Errors, StringComparison.Ordinal);
            Assert.True(Directory.Exists($"/proc/{command}"));
        }
        finally
        {
            await CliProcess.SignalAsync("KILL", command);
        }
    }

    [Fact]
    public async Task A_lock_that_is_lost_before_the_command_began_is_told_so()
    {
        await using var process = CliProcess.Start(database.Url, "run", "unsettled", "--settle", "60s", "--", "echo", "never");
        await GuardOfAsync(process); // from then on it knows that it has the lock
        Assert.Equal(0, (await CliProcess.RunAsync(database.Url, "release", "unsettled", "--force", "--yes")).Code);

        var result = await process.EndAsync();
        Assert.Equal((76, string.Empty), (result.Code, result.Output));
        Assert.Contains("The command had not begun.", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guard_that_ends_before_the_command_began_is_a_fault_of_this_program_and_gives_the_lock_back()
    {
        await using var process = CliProcess.Start(database.Url, "run", "guardless", "--settle", "60s", "--", "echo", "never");
        await CliProcess.SignalAsync("KILL", await GuardOfAsync(process));

        var result = await process.EndAsync();
        Assert.Equal((70, string.Empty), (result.Code, result.Output));
        Assert.Contains("before the command began", result.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync(database.Url, "run", "guardless", "--no-wait", "--settle", "0", "--", "true")).Code);
    }

    [Fact]
    public async Task A_signal_before_the_command_began_ends_a_frozen_guard_too()
    {
        await using var process = CliProcess.Start(database.Url, "run", "cold", "--settle", "60s", "--", "echo", "never");
        var guard = await GuardOfAsync(process);
        await CliProcess.SignalAsync("STOP", guard);
        await process.SignalAsync("TERM");

        var result = await process.EndAsync();
        Assert.Equal((143, string.Empty, string.Empty), (result.Code, result.Output, result.Errors));
        Assert.False(Directory.Exists($"/proc/{guard}"));
    }

    [Fact]
    public async Task A_guard_that_crashes_takes_the_command_with_it_before_the_lock_is_given_back()
    {
        await using var process = CliProcess.Start(database.Url, "run", "crash", "--settle", "0", "--", "sh", "-c", "echo started $$ $PPID; exec sleep 120");
        var words = (await process.ExpectAsync("started ")).Split(' ');
        await CliProcess.SignalAsync("SYS", int.Parse(words[1], CultureInfo.InvariantCulture));

        Assert.Equal(159, (await process.EndAsync()).Code);
        Assert.False(Directory.Exists($"/proc/{words[0]}"));
    }

    private static async Task<int> GuardOfAsync(CliProcess process)
    {
        int? guard = null;
        await Eventually.BecomesTrueAsync(
            () =>
            {
                guard = Children(process.ProcessId) is [var only] ? only : null;
                return Task.FromResult(guard is not null);
            },
            "there is a guard");
        return guard!.Value;
    }

    private static List<int> Children(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{process}/task")
                .SelectMany(static thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(static text => int.Parse(text, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // a thread has ended between the look and the reading
        }
    }
}

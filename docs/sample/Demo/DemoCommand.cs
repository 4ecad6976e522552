using System.Security.Cryptography;
using Conductors.Demo.Databases;
using Conductors.Roles;

namespace Conductors.Demo;

/// <summary>The program without a role: reads the arguments, runs the demo, and turns what came of it into an exit code.</summary>
internal static class DemoCommand
{
    private const int Failed = 1;
    private const int WrongArguments = 2;
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [Keeper.Argument])
        {
            return await Keeper.RunAsync();
        }

        var arguments = DemoArguments.Parse(args);
        if (arguments.Fault is not null)
        {
            await Console.Error.WriteLineAsync(arguments.Fault + " See --help.");
            return WrongArguments;
        }

        if (arguments.WantsHelp)
        {
            Console.WriteLine(DemoArguments.Help);
            return 0;
        }

        using var interruption = new Interruption();
        try
        {
            return await RunDemoAsync(arguments, interruption.Token);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Interrupted. Everything that was started has been ended.");
            return Interrupted;
        }
        catch (DemoException e)
        {
            await Console.Error.WriteLineAsync($"The demo cannot go on. {e.Message}");
            return Failed;
        }
    }

    private static async Task<int> RunDemoAsync(DemoArguments arguments, CancellationToken cancellationToken)
    {
        var terminal = new Terminal(TimeProvider.System);
        terminal.Plain("Three conductors share a few nodes. One will be killed, one will be stopped.");
        terminal.Plain();

        var choice = await ChooseAsync(arguments, terminal, cancellationToken);

        // Names of our own: in a database of the user's, the demo must touch nothing that is there.
        var suffix = RandomNumberGenerator.GetHexString(6, lowercase: true);
        var schemas = new DemoSchemas($"conductors_demo_{suffix}", $"coordination_demo_{suffix}");

        terminal.Say($"Using {choice.Description}.");
        await using var keeper = await KeeperProcess.StartAsync(choice, [schemas.Nodes, schemas.Coordination], cancellationToken);
        await using var fleet = new Fleet(keeper.Url, schemas, arguments.Verbose ? terminal.Detail : null);
        await using var checker = CheckerOf(keeper.Url, schemas);

        var report = new Report();
        await new DemoRun(terminal, fleet, checker, report).RunAsync(cancellationToken);
        report.Print(terminal);

        if (arguments.Keep)
        {
            await KeepAsync(terminal, fleet, cancellationToken);
        }

        terminal.Say("Ending what was started.");
        return Conclude(terminal, report);
    }

    private static async Task<DatabaseChoice> ChooseAsync(DemoArguments arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        if (arguments.Backend is DemoArguments.FileBackend)
        {
            return PostgresFinder.Folder("--backend file");
        }

        var (url, urlFrom) = FindUrl(arguments);
        if (url is not null && NodeDatabase.FolderOf(url) is not null)
        {
            return PostgresFinder.Folder($"{urlFrom} names a folder; the demo makes one of its own");
        }

        var finder = new PostgresFinder();
        return arguments.FetchedMajor is { } major ? await finder.FetchAsync(major, terminal.Say, cancellationToken)
            : arguments.Backend is DemoArguments.PostgresBackend ? await finder.RequireAsync(url, urlFrom, cancellationToken)
            : await finder.FindAsync(url, urlFrom, cancellationToken);
    }

    private static IChecker CheckerOf(string url, DemoSchemas schemas) => NodeDatabase.FolderOf(url) is { } folder
        ? new FolderChecker(folder)
        : new Checker(NodeDatabase.Translate(url), schemas.Nodes);

    private static (string? Url, string From) FindUrl(DemoArguments arguments)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .Build();

        return arguments.Url is not null ? (arguments.Url, "--url")
            : configuration["COORDINATION_URI"] is { Length: > 0 } variable ? (variable, "COORDINATION_URI")
            : NodeDatabase.FindUrl(configuration) is { Length: > 0 } setting ? (setting, "appsettings.json or its twins in the environment")
            : (null, string.Empty);
    }

    private static async Task KeepAsync(Terminal terminal, Fleet fleet, CancellationToken cancellationToken)
    {
        terminal.Plain("Still running, until Ctrl+C:");
        foreach (var replica in fleet.Running)
        {
            terminal.Plain($"  {replica.Id,-12} {replica.Url}  (process {replica.ProcessId})");
        }

        terminal.Plain();
        terminal.Plain($"  curl {fleet.Api.Url}members");
        terminal.Plain($"  curl {fleet.Running[0].Url}health");
        terminal.Plain($"  curl -X POST '{fleet.Api.Url}nodes/7/introspect?seconds=5'   and meanwhile");
        terminal.Plain($"  curl -X POST {fleet.Api.Url}nodes/7/abort");
        terminal.Plain();

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(ended.SetResult);
        await ended.Task;
    }

    private static int Conclude(Terminal terminal, Report report)
    {
        terminal.Plain(report.Broken == 0
            ? "All promises were kept."
            : $"{report.Broken} {(report.Broken == 1 ? "promise was" : "promises were")} broken: see above. --verbose shows what the replicas logged.");
        return report.Broken == 0 ? 0 : Failed;
    }
}

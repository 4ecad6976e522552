using System.Runtime.InteropServices;
using System.Text.Json;

namespace Conductors.Demo.Databases;

/// <summary>
/// A process that owns the demo's PostgreSQL and outlives the demo by a moment: when its parent is gone, in whatever way, it ends
/// the server and removes what was made. It answers with one line, <c>ready URL</c> or <c>failed "message"</c>.
/// </summary>
internal static class Keeper
{
    public const string Argument = "keep-database";
    public const string Ready = "ready ";
    public const string Failed = "failed ";

    // The order comes through the environment: it may hold a password, and every user can read a command line.
    public const string ChoiceVariable = "CONDUCTORS_DATABASE";
    public const string SchemasVariable = "CONDUCTORS_SCHEMAS";

    public static async Task<int> RunAsync()
    {
        // Ctrl+C reaches every process in the terminal; the one signal that counts here is the end of the parent.
        using var interrupt = Ignore(PosixSignal.SIGINT);
        using var terminate = Ignore(PosixSignal.SIGTERM);
        using var hangUp = Ignore(PosixSignal.SIGHUP);
        using var quit = Ignore(PosixSignal.SIGQUIT);

        if (Environment.GetEnvironmentVariable(ChoiceVariable) is not { } text || JsonSerializer.Deserialize<DatabaseChoice>(text) is not { } choice)
        {
            await Console.Error.WriteLineAsync($"'{Argument}' is started by the demo only. Start the program without arguments.");
            return 2;
        }

        using var parentGone = new CancellationTokenSource();
        var whenGone = CancelWhenGoneAsync(parentGone);
        try
        {
            await using var database = Create(choice);
            Console.WriteLine(Ready + await database.StartAsync(parentGone.Token));
            await whenGone;
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 0; // the parent went while the database was still starting
        }
        catch (Exception e) when (e is DemoException or IOException or UnauthorizedAccessException)
        {
            Console.WriteLine(Failed + JsonSerializer.Serialize(e.Message));
            return 1;
        }
    }

    private static IDatabase Create(DatabaseChoice choice) => choice.Kind switch
    {
        DatabaseKind.Local => new LocalCluster(choice.Where, choice.RunAs),
        DatabaseKind.Container => new ContainerCluster(choice.Where),
        DatabaseKind.Folder => new TemporaryFolder(),
        _ => new ConfiguredDatabase(choice.Url!, choice.Where, Environment.GetEnvironmentVariable(SchemasVariable)?.Split(',') ?? []),
    };

    private static async Task CancelWhenGoneAsync(CancellationTokenSource parentGone)
    {
        await Parent.WaitUntilGoneAsync();
        await parentGone.CancelAsync();
    }

    private static PosixSignalRegistration Ignore(PosixSignal signal) => PosixSignalRegistration.Create(signal, context => context.Cancel = true);
}

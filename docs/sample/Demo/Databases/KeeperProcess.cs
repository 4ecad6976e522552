using System.Diagnostics;
using System.Text.Json;

namespace Conductors.Demo.Databases;

/// <summary>The demo's end of the keeper: start it, learn the URL, let go of it and wait until it has cleaned up.</summary>
internal sealed class KeeperProcess : IAsyncDisposable
{
    private static readonly TimeSpan CleanUpLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private KeeperProcess(Process process) => _process = process;

    /// <summary>The URL of the database, password included.</summary>
    public string Url { get; private set; } = string.Empty;

    /// <summary>Starts the chosen PostgreSQL.</summary>
    /// <exception cref="DemoException">It did not start.</exception>
    public static async Task<KeeperProcess> StartAsync(DatabaseChoice choice, IEnumerable<string> schemas, CancellationToken cancellationToken)
    {
        var start = Self.With(Keeper.Argument);
        start.RedirectStandardError = false;
        start.Environment[Keeper.ChoiceVariable] = JsonSerializer.Serialize(choice);
        start.Environment[Keeper.SchemasVariable] = string.Join(',', schemas);

        var keeper = new KeeperProcess(Process.Start(start)!);
        try
        {
            keeper.Url = await keeper.ReadUrlAsync(cancellationToken);
            return keeper;
        }
        catch
        {
            await keeper.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets go of the keeper and waits until the server has ended and its folder is removed.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(CleanUpLimit, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"The process {_process.Id}, which ends the database, is not done after {CleanUpLimit.TotalSeconds:0} s. It goes on by itself; look at it if it stays.");
        }

        _process.Dispose();
    }

    private async Task<string> ReadUrlAsync(CancellationToken cancellationToken)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken);
        return line switch
        {
            not null when line.StartsWith(Keeper.Ready, StringComparison.Ordinal) => line[Keeper.Ready.Length..],
            not null when line.StartsWith(Keeper.Failed, StringComparison.Ordinal) => throw new DemoException(JsonSerializer.Deserialize<string>(line[Keeper.Failed.Length..])!),
            _ => throw new DemoException("The process that should start the database ended without an answer. Its error stands above."),
        };
    }
}

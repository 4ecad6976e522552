using System.Diagnostics;
using System.Globalization;

namespace Coordination.Benchmarks.Workers;

/// <summary>A second process of this program.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _log = Path.GetTempFileName();

    private WorkerProcess(Process process) => _process = process;

    /// <param name="kind">Who locks there.</param>
    /// <param name="callers">How many callers it has, all on one name.</param>
    /// <param name="url">The server.</param>
    public static async Task<WorkerProcess> StartAsync(string kind, int callers, string url)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "worker", kind, callers.ToString(CultureInfo.InvariantCulture), "1" },
            Environment = { [BenchmarkArguments.UrlVariable] = url }, // not on the command line, where everybody on the machine reads a password
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Insert(0, Environment.GetCommandLineArgs()[0]); // run as `dotnet Coordination.Benchmarks.dll`
        }

        var worker = new WorkerProcess(Process.Start(start)!);
        try
        {
            await worker.ExpectAsync(Worker.Ready);
            return worker;
        }
        catch
        {
            await worker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets its callers lock for that long.</summary>
    /// <returns>Pairs a second, and when it held the lock.</returns>
    public async Task<(double Rate, Hold[] Holds)> RunAsync(TimeSpan turn)
    {
        await _process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{turn.TotalMilliseconds:R} {_log}"));
        await _process.StandardInput.FlushAsync();
        var rate = double.Parse(await ReadAsync(), CultureInfo.InvariantCulture);
        return (rate, await HoldLog.ReadAsync(_log));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Hang);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        File.Delete(_log);
    }

    private async Task ExpectAsync(string expected)
    {
        var line = await ReadAsync();
        if (line != expected)
        {
            throw new InvalidOperationException($"A worker process said '{line}' instead of '{expected}'.");
        }
    }

    private async Task<string> ReadAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Hang)
        ?? throw new InvalidOperationException("A worker process ended early; what it said about it stands above.");
}

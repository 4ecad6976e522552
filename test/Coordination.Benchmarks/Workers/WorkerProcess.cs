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
    /// <param name="url">The server.</param>
    public static async Task<WorkerProcess> StartAsync(string kind, string url)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "worker", kind },
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

    /// <summary>Lets callers lock.</summary>
    /// <param name="turn">For how long.</param>
    /// <param name="callers">How many callers.</param>
    /// <param name="names">How many names they share out among themselves.</param>
    /// <returns>Pairs a second, and when it held the lock.</returns>
    public async Task<(double Rate, Hold[] Holds)> RunAsync(TimeSpan turn, int callers, int names)
    {
        var rate = Number(await AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Worker.Lock} {turn.TotalMilliseconds:R} {callers} {names} {_log}")));
        return (rate, await HoldLog.ReadAsync(_log));
    }

    /// <summary>Lets callers serve requests.</summary>
    /// <param name="turn">For how long.</param>
    /// <param name="callers">How many at a time.</param>
    /// <param name="names">How many names there are.</param>
    /// <returns>Requests a second.</returns>
    public async Task<double> ServeAsync(TimeSpan turn, int callers, int names) =>
        Number(await AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Worker.Serve} {turn.TotalMilliseconds:R} {callers} {names}")));

    /// <summary>Lets it take so many names and keep them.</summary>
    public Task HoldAsync(int count) => AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Worker.Hold} {count}"));

    /// <summary>Lets it wait for the first name.</summary>
    /// <returns>When it had it, in ticks of the machine's clock.</returns>
    public async Task<long> WaitAsync() => long.Parse(await AskAsync(Worker.Wait), CultureInfo.InvariantCulture);

    /// <summary>Kills it in an instant.</summary>
    /// <returns>When, in ticks of the machine's clock.</returns>
    public long Kill()
    {
        var now = HoldLog.Now();
        _process.Kill();
        return now;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It was killed.
        }

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

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private async Task<string> AskAsync(string order)
    {
        await _process.StandardInput.WriteLineAsync(order);
        await _process.StandardInput.FlushAsync();
        return await ReadAsync();
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

using System.Diagnostics;
using System.Globalization;

namespace Coordination.Benchmarks.Members;

/// <summary>A process of this program with members in it.</summary>
internal sealed class MemberProcess : IAsyncDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);

    private readonly Process _process;

    private MemberProcess(Process process) => _process = process;

    /// <param name="members">How many it has.</param>
    /// <param name="group">Of which group.</param>
    /// <param name="mode">What their heartbeats write.</param>
    /// <param name="url">The server.</param>
    public static async Task<MemberProcess> StartAsync(int members, string group, HeartbeatMode mode, string url)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { MemberWorker.Word, members.ToString(CultureInfo.InvariantCulture), group, mode.ToString() },
            Environment =
            {
                [BenchmarkArguments.UrlVariable] = url, // not on the command line, where everybody on the machine reads a password
                ["DOTNET_TieredCompilation"] = "0", // a dozen runtimes that compile the same code once more take half of the machine while the members join
            },
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Insert(0, Environment.GetCommandLineArgs()[0]); // run as `dotnet Coordination.Benchmarks.dll`
        }

        var started = new MemberProcess(Process.Start(start)!);
        try
        {
            var said = await started.ReadAsync();
            return said == MemberWorker.Ready ? started : throw new InvalidOperationException($"A process with members said '{said}' instead of '{MemberWorker.Ready}'.");
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <returns>The ids of its members, which have joined.</returns>
    public async Task<string[]> JoinAsync() => (await AskAsync(MemberWorker.Join)).Split(' ');

    /// <returns>When each of its members first saw a view of so many, in ticks of the machine's clock.</returns>
    public async Task<long[]> CountsAsync(int members) => Times(await AskAsync($"{MemberWorker.Count} {members.ToString(CultureInfo.InvariantCulture)}"));

    /// <returns>When each of its members first saw that death.</returns>
    public async Task<long[]> BuriesAsync(string member) => Times(await AskAsync($"{MemberWorker.Bury} {member}"));

    /// <returns>Processor time used until now, in milliseconds.</returns>
    public async Task<double> ProcessorAsync() => double.Parse(await AskAsync(MemberWorker.Processor), CultureInfo.InvariantCulture);

    /// <summary>Kills it in an instant.</summary>
    /// <returns>When, in ticks of the machine's clock.</returns>
    public long Kill()
    {
        var now = TimeProvider.System.GetTimestamp();
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
    }

    private static long[] Times(string line) => [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];

    private async Task<string> AskAsync(string order)
    {
        await _process.StandardInput.WriteLineAsync(order);
        await _process.StandardInput.FlushAsync();
        return await ReadAsync();
    }

    private async Task<string> ReadAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Hang)
        ?? throw new InvalidOperationException("A process with members ended early; what it said about it stands above.");
}

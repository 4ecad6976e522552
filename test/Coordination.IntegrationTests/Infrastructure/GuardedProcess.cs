using System.Diagnostics;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A server of ours that cannot outlive us, however we end.</summary>
/// <remarks>
/// Between it and us stands a shell that reads a signal's name from our pipe. When we are killed the pipe ends, which the shell
/// takes for QUIT, and it removes the server's folder too. The signal is sent until the server is gone: what a shell runs in the
/// background ignores INT and QUIT until it has handlers of its own. (A parent-death signal would follow the thread that started the
/// process, and the thread pool ends threads when it likes.) On Windows the server is our direct child and ends with <see cref="DisposeAsync"/>.
/// </remarks>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private const string Guard = """
        exec 3<&0
        folder=$1; log=$2; shift 2
        "$@" </dev/null 3<&- >>"$log" 2>&1 &
        server=$!
        (
          read -r how <&3 || { orphan=yes; trap '' TERM; }
          while kill -"${how:-QUIT}" $server 2>/dev/null; do sleep 0.5; done
          [ -z "$orphan" ] || rm -rf "$folder"
        ) &
        guard=$!
        wait $server; code=$?
        kill $guard 2>/dev/null
        exit $code
        """;

    private readonly Process _process;
    private readonly string _what;

    private GuardedProcess(Process process, string what)
    {
        _process = process;
        _what = what;
    }

    public bool HasExited => _process.HasExited;

    public static GuardedProcess Start(string folder, string log, IReadOnlyList<string> command)
    {
        var (program, arguments) = OperatingSystem.IsWindows()
            ? (command[0], command.Skip(1).ToArray())
            : Unprivileged.Shell(Guard, [folder, log, .. command]);
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new GuardedProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."), command[0]);
    }

    /// <summary>Sends the signal (INT, QUIT, TERM, KILL) and waits for the end.</summary>
    public async Task EndAsync(string signal)
    {
        if (!_process.HasExited)
        {
            if (OperatingSystem.IsWindows())
            {
                _process.Kill(entireProcessTree: true);
            }
            else
            {
                await TellAsync(signal);
            }
        }

        using var limit = new CancellationTokenSource(Limits.Step);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{_what} did not end within {Limits.Step.TotalSeconds} s of signal {signal}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync("QUIT");
        _process.Dispose();
    }

    private async Task TellAsync(string signal)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(signal);
            await _process.StandardInput.FlushAsync();
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended between the look and the word.
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Conductors.Demo;

/// <summary>One replica: a process of its own, known by its member id.</summary>
internal sealed class ReplicaProcess : IAsyncDisposable
{
    private const int Sigterm = 15;
    private const int LinesKept = 60;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();
    private readonly Lock _gate = new();
    private readonly Action<string>? _show;
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts it on a port that the system chooses.</summary>
    /// <param name="id">The member id.</param>
    /// <param name="role">The role.</param>
    /// <param name="settings">Its settings; they go through the environment, because a password may be among them.</param>
    /// <param name="show">Gets every line that it logs; null when nobody wants them.</param>
    public ReplicaProcess(string id, string role, IEnumerable<KeyValuePair<string, string>> settings, Action<string>? show)
    {
        Id = id;
        _show = show;
        var start = Self.With(role, "--urls", "http://127.0.0.1:0", $"--{ParentLinkRegistration.Setting}=true", $"--Coordination:MemberId={id}");
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        _process = Process.Start(start)!;
        _ = ReadAsync(_process.StandardOutput);
        _ = ReadAsync(_process.StandardError);
    }

    /// <summary>Its member id.</summary>
    public string Id { get; }

    /// <summary>Where it listens; set once <see cref="WaitUntilListeningAsync"/> has returned.</summary>
    public Uri Url { get; private set; } = null!;

    public int ProcessId => _process.Id;

    /// <summary>Waits until it serves requests, and so has joined the group.</summary>
    /// <exception cref="DemoException">It ended, or takes too long.</exception>
    public async Task WaitUntilListeningAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var exited = _process.WaitForExitAsync(cancellationToken);
        try
        {
            if (await Task.WhenAny(_listening.Task, exited).WaitAsync(limit, TimeProvider.System, cancellationToken) == exited)
            {
                throw new DemoException($"{Id} ended with exit code {_process.ExitCode} before it served. It said:\n{LastLines()}");
            }
        }
        catch (TimeoutException)
        {
            throw new DemoException($"{Id} does not serve after {limit.TotalSeconds:0} s. It said:\n{LastLines()}");
        }

        Url = await _listening.Task;
    }

    /// <summary>SIGKILL: the process does nothing any more, not even say goodbye.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks it to stop in order: SIGTERM, or the end of its input where there are no signals.</summary>
    public void RequestStop()
    {
        if (OperatingSystem.IsWindows())
        {
            _process.StandardInput.Close();
        }
        else if (SendSignal(_process.Id, Sigterm) != 0)
        {
            throw new DemoException($"SIGTERM could not be sent to {Id} (process {_process.Id}): error {Marshal.GetLastPInvokeError().ToString(CultureInfo.InvariantCulture)}.");
        }
    }

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>Its exit code, or null when it has not ended in time.</returns>
    public async Task<int?> WaitForExitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await _process.WaitForExitAsync(cancellationToken).WaitAsync(limit, TimeProvider.System, cancellationToken);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>What it logged last, to explain a failure.</summary>
    public string LastLines()
    {
        lock (_gate)
        {
            return string.Join('\n', _lastLines.Select(line => "    " + line));
        }
    }

    /// <summary>Lets go of it, waits for its end in order, and kills it when that takes too long.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        if (await WaitForExitAsync(StopLimit, CancellationToken.None) is null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.StartsWith(ParentLink.ListeningAt, StringComparison.Ordinal))
            {
                _listening.TrySetResult(new Uri(line[ParentLink.ListeningAt.Length..]));
                continue;
            }

            lock (_gate)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > LinesKept)
                {
                    _lastLines.Dequeue();
                }
            }

            _show?.Invoke($"{Id}: {line}");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}

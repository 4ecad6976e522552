using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A real process of the service under test: this test program, started again as a replica.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private readonly Process _process;
    private readonly object _gate = new();
    private readonly List<ReplicaEvent> _events = [];
    private readonly StringBuilder _log = new();
    private readonly Task _reading;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _commands;

    private Replica(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadEventsAsync(), ReadLogAsync());
    }

    public int ProcessId => _process.Id;

    /// <summary>All it has said so far, oldest first.</summary>
    public IReadOnlyList<ReplicaEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>What its logger has written so far.</summary>
    public string Log
    {
        get
        {
            lock (_gate)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts the process and returns at once.</summary>
    /// <param name="settings">Keys and values of section <c>Coordination</c>, given as environment variables; a key with a colon goes as it is.</param>
    public static Replica Start(params (string Key, string Value)[] settings) =>
        StartProgram(Environment.ProcessPath ?? throw new InvalidOperationException("The path of this process is unknown."), settings);

    /// <summary>The same with another build of this program.</summary>
    public static Replica StartProgram(string self, params (string Key, string Value)[] settings)
    {
        var start = new ProcessStartInfo(self)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetFileNameWithoutExtension(self) is "dotnet" ? AppContext.BaseDirectory : Path.GetDirectoryName(self)!,
        };
        if (Path.GetFileNameWithoutExtension(self) is "dotnet")
        {
            start.ArgumentList.Add(typeof(Replica).Assembly.Location);
        }

        start.ArgumentList.Add("replica");
        start.Environment["DOTNET_ENVIRONMENT"] = "Production";
        start.Environment.Remove("COORDINATION_URI");
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Contains(':', StringComparison.Ordinal) ? key.TrimStart(':').Replace(":", "__", StringComparison.Ordinal) : $"Coordination__{key}"] = value;
        }

        return new Replica(Process.Start(start) ?? throw new InvalidOperationException($"{self} did not start."));
    }

    /// <summary>Starts the process with a lease of three seconds and waits until it serves.</summary>
    public static async Task<Replica> StartedAsync(string url, params (string Key, string Value)[] settings)
    {
        var replica = Start([("BackendUrl", url), ("LeaseTime", "00:00:03"), ("StartupTimeout", Limits.Start.ToString()), .. settings]);
        try
        {
            await replica.ExpectAsync("started", limit: Limits.Long);
            return replica;
        }
        catch
        {
            await replica.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a command and returns its answer.</summary>
    public Task<ReplicaEvent> AskAsync(string verb, string name = "", TimeSpan? limit = null) =>
        AskAsync(new ReplicaCommand(verb) { Name = name }, limit);

    public async Task<ReplicaEvent> AskAsync(ReplicaCommand command, TimeSpan? limit = null)
    {
        var id = Tell(command);
        return await ExpectAsync(said => said.Id == id && said.Kind != "lost", $"the answer to {command.Verb} {command.Name}", limit);
    }

    /// <summary>Sends a command without waiting; returns the id under which its answer and its handle go.</summary>
    public string Tell(ReplicaCommand command)
    {
        var id = command.Id.Length > 0 ? command.Id : $"{command.Verb}-{Interlocked.Increment(ref _commands)}";
        lock (_gate)
        {
            _process.StandardInput.WriteLine(JsonSerializer.Serialize(command with { Id = id }));
            _process.StandardInput.Flush();
        }

        return id;
    }

    /// <summary>The first event of this kind, and id if one is given, from the beginning on.</summary>
    public Task<ReplicaEvent> ExpectAsync(string kind, string? id = null, TimeSpan? limit = null) =>
        ExpectAsync(said => said.Kind == kind && (id is null || said.Id == id), id is null ? kind : $"{kind} {id}", limit);

    public async Task<ReplicaEvent> ExpectAsync(Predicate<ReplicaEvent> fits, string what, TimeSpan? limit = null)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(limit ?? Limits.Step);
        for (var seen = 0; ;)
        {
            Task changed;
            lock (_gate)
            {
                for (; seen < _events.Count; seen++)
                {
                    if (fits(_events[seen]))
                    {
                        return _events[seen];
                    }
                }

                changed = _reading.IsCompleted ? Task.CompletedTask : _changed.Task;
            }

            if (changed.IsCompletedSuccessfully && _reading.IsCompleted)
            {
                throw Missing(what, "its process has ended");
            }

            try
            {
                await Task.WhenAny(changed, _reading).WaitAsync(end.Token);
            }
            catch (OperationCanceledException)
            {
                throw Missing(what, $"it is still running after {(limit ?? Limits.Step).TotalSeconds} s");
            }
        }
    }

    /// <summary>Sends a signal by its name: TERM, KILL, STOP, CONT.</summary>
    public Task SignalAsync(string name) => Command.RunAsync("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);

    /// <summary>Kills it without the help of another program, whose start would take longer than what is measured.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Kills all of them in one instant: a program for each would kill them one after the other.</summary>
    public static Task KillTogetherAsync(IEnumerable<Replica> replicas) =>
        Command.RunAsync("kill", ["-KILL", .. replicas.Select(replica => replica._process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture))]);

    /// <summary>The exit code, after the process has ended by itself.</summary>
    public async Task<int> ExitAsync(TimeSpan? limit = null)
    {
        using var end = new CancellationTokenSource(limit ?? Limits.Step);
        try
        {
            await _process.WaitForExitAsync(end.Token);
            await _reading.WaitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            throw Missing("its end", "it is still running");
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        // KILL also ends a stopped process.
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadEventsAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            ReplicaEvent said;
            try
            {
                said = JsonSerializer.Deserialize<ReplicaEvent>(line) ?? throw new InvalidOperationException($"Not an event: {line}");
            }
            catch (JsonException)
            {
                if (await _process.StandardOutput.ReadLineAsync() is null)
                {
                    return; // the beginning of a word in the middle of which it was killed
                }

                throw;
            }

            TaskCompletionSource changed;
            lock (_gate)
            {
                _events.Add(said);
                changed = _changed;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed.SetResult();
        }
    }

    private async Task ReadLogAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                _log.AppendLine(line);
            }
        }
    }

    private InvalidOperationException Missing(string what, string why)
    {
        var log = Log;
        return new InvalidOperationException(
            $"Replica {ProcessId} did not say: {what}; {why}. It said: {string.Join(", ", Events.TakeLast(15).Select(said => $"{said.Kind} {said.Id} {said.Text} {said.View}"))}. "
            + $"Its log ends:\n{log[Math.Max(0, log.Length - 4000)..]}");
    }
}

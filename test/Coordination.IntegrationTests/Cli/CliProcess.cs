using System.Diagnostics;
using System.Globalization;
using System.Text;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>The command <c>coordination</c> as it is built, in a process of its own.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly object _gate = new();
    private readonly Task<string> _errors;
    private readonly Task _reading;
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CliProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    public int ProcessId => _process.Id;

    /// <summary>The built executable, beside the build of this project.</summary>
    public static string Executable { get; } = Find();

    public static CliProcess Start(string? url, params string[] arguments) => StartProgram(Executable, url, [.. Patient(arguments)]);

    /// <summary>Arguments with a long time to connect, unless they have one: that of the command is for people, and a machine that runs tests has other things to do.</summary>
    public static IEnumerable<string> Patient(params string[] arguments) => arguments.Length == 0 || arguments.Contains("--connect-timeout")
        ? arguments
        : [arguments[0], "--connect-timeout", string.Create(CultureInfo.InvariantCulture, $"{Limits.Start.TotalSeconds}s"), .. arguments[1..]];

    /// <summary>Starts a program that is to start the command.</summary>
    public static CliProcess StartProgram(string program, string? url, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("COORDINATION_URI");
        start.Environment.Remove("COORDINATION_GROUP");
        start.Environment["COORDINATION_URL"] = url;
        return new CliProcess(Process.Start(start) ?? throw new InvalidOperationException($"{Executable} did not start."));
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<CliResult> RunAsync(string? url, params string[] arguments)
    {
        await using var process = Start(url, arguments);
        return await process.EndAsync();
    }

    /// <summary>Waits until the output has a line that begins with a text, and returns what follows in it.</summary>
    public Task<string> ExpectAsync(string beginning) => ExpectAsync(
        output => output.Split('\n').SkipLast(1).FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal))?[beginning.Length..], $"'{beginning}'");

    /// <summary>Waits until something is found in all of the output.</summary>
    /// <param name="find">What was found; null when it is not there yet.</param>
    /// <param name="what">For the message when it never comes.</param>
    public async Task<string> ExpectAsync(Func<string, string?> find, string what)
    {
        using var limit = new CancellationTokenSource(Limits.Long);
        while (true)
        {
            Task said;
            bool isOver;
            lock (_gate)
            {
                isOver = _reading.IsCompleted;
                if (find(_output.ToString()) is { } found)
                {
                    return found;
                }

                said = _said.Task;
            }

            if (isOver)
            {
                throw new InvalidOperationException($"The command ended without saying {what}. It said: {_output}{await _errors.WaitAsync(limit.Token)}");
            }

            try
            {
                await Task.WhenAny(said, _reading).WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"The command has not said {what}. It said: {_output}");
            }
        }
    }

    /// <summary>Types something, without the line's end.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Gives the command a line to read.</summary>
    public async Task SayAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    public Task SignalAsync(string name) => SignalAsync(name, _process.Id);

    public static Task SignalAsync(string name, int process) => Command.RunAsync("kill", ["-" + name, process.ToString(CultureInfo.InvariantCulture)]);

    public async Task<CliResult> EndAsync(TimeSpan? limit = null)
    {
        using var end = new CancellationTokenSource(limit ?? Limits.Long);
        try
        {
            await _process.WaitForExitAsync(end.Token);
            await _reading.WaitAsync(end.Token);
            return new CliResult(_process.ExitCode, _output.ToString(), await _errors.WaitAsync(end.Token));
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The command is still running, or somebody has its output. It said: {_output}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Find()
    {
        var pivot = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Coordination.Cli", pivot, OperatingSystem.IsWindows() ? "coordination.exe" : "coordination"));
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var count)
        {
            TaskCompletionSource said;
            lock (_gate)
            {
                _output.Append(buffer, 0, count);
                (said, _said) = (_said, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            said.SetResult();
        }
    }
}

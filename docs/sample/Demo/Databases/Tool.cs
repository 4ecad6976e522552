using System.ComponentModel;
using System.Diagnostics;

namespace Conductors.Demo.Databases;

/// <summary>Runs one program of somebody else to its end.</summary>
internal static class Tool
{
    /// <summary>Starts it, waits for it, and returns what it wrote. When the token fires, it is killed.</summary>
    /// <param name="start">What to start; its output is read here.</param>
    /// <param name="cancellationToken">Ends the waiting and the program.</param>
    /// <returns>Exit code and output; exit code null when there is no such program.</returns>
    public static async Task<ToolResult> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return new ToolResult(null, e.Message);
        }

        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new ToolResult(process.ExitCode, ((await output) + (await errors)).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>The same, but gives up after a while: for questions to programs that may hang.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the waiting and the program.</param>
    /// <returns>Exit code null when it gave no answer within ten seconds.</returns>
    public static async Task<ToolResult> AskAsync(string file, string[] arguments, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await RunAsync(new ProcessStartInfo(file, arguments), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ToolResult(null, "no answer within 10 s");
        }
    }
}

using System.Diagnostics;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>Runs a program of the machine to its end.</summary>
internal static class Command
{
    /// <summary>The output, or null when the program is missing or says no.</summary>
    public static async Task<string?> TryRunAsync(string program, params string[] arguments)
    {
        try
        {
            var (code, output) = await RunToEndAsync(program, arguments, input: string.Empty);
            return code == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string input = "")
    {
        var (code, output) = await RunToEndAsync(program, arguments, input);
        return code == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {code}: {output}");
    }

    private static async Task<(int Code, string Output)> RunToEndAsync(string program, IReadOnlyList<string> arguments, string input)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        using var limit = new CancellationTokenSource(Limits.Long);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
        process.StandardInput.Close();
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, (await output) + (await errors));
    }
}

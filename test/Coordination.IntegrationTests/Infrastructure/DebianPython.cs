using System.Diagnostics;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>Debian's own interpreter: its package python3-tooz is not there for another.</summary>
internal static class DebianPython
{
    private const string Path = "/usr/bin/python3";

    /// <summary>Whether a program can import these modules.</summary>
    public static async Task<bool> HasAsync(string modules, CancellationToken cancellationToken)
    {
        if (!File.Exists(Path))
        {
            return false;
        }

        using var probe = Start($"import {modules}");
        await probe.WaitForExitAsync(cancellationToken);
        return probe.ExitCode == 0;
    }

    public static Process Start(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", script, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{Path} did not start.");
    }
}

namespace Conductors.Demo.Databases;

/// <summary>How a program ended; <paramref name="ExitCode"/> is null when it could not be started or gave no answer.</summary>
internal readonly record struct ToolResult(int? ExitCode, string Output)
{
    public bool Succeeded => ExitCode is 0;
}

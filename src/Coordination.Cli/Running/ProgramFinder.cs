using Coordination.Shell;

namespace Coordination.Running;

/// <summary>Finds the file that a command means, as a shell does: .NET would also look beside our own program and in the working folder.</summary>
internal static class ProgramFinder
{
    private const int MayExecute = 1;

    /// <summary>The full path.</summary>
    /// <exception cref="CliFault">127: there is none; 126: there is one, and it cannot be run.</exception>
    public static string Find(string command, string? path, Func<string, bool>? isExecutable = null)
    {
        isExecutable ??= IsExecutable;
        if (command.Length == 0)
        {
            throw new CliFault(ExitCodes.NotFound, "The command is an empty text. Give a program after --.");
        }

        if (command.Contains('/', StringComparison.Ordinal) || (OperatingSystem.IsWindows() && command.Contains('\\', StringComparison.Ordinal)))
        {
            return Check(Path.GetFullPath(command), command, isExecutable);
        }

        string? refused = null;
        foreach (var folder in (path ?? string.Empty).Split(Path.PathSeparator))
        {
            // An empty entry is the working folder: so says POSIX.
            foreach (var candidate in Candidates(Path.Combine(Path.GetFullPath(folder.Length == 0 ? "." : folder), command)))
            {
                if (File.Exists(candidate))
                {
                    if (isExecutable(candidate))
                    {
                        return candidate;
                    }

                    refused ??= candidate;
                }
            }
        }

        throw refused is null
            ? new CliFault(ExitCodes.NotFound, $"'{command}' is not found in PATH. Give the path of the program.")
            : new CliFault(ExitCodes.CannotExecute, $"'{refused}' may not be executed. Set its permission (chmod +x).");
    }

    private static string Check(string file, string command, Func<string, bool> isExecutable)
    {
        if (Directory.Exists(file))
        {
            throw new CliFault(ExitCodes.CannotExecute, $"'{command}' is a folder. Give a program.");
        }

        if (!File.Exists(file))
        {
            throw new CliFault(ExitCodes.NotFound, $"'{command}' does not exist. Give the path of a program.");
        }

        return isExecutable(file) ? file : throw new CliFault(ExitCodes.CannotExecute, $"'{command}' may not be executed. Set its permission (chmod +x).");
    }

    private static IEnumerable<string> Candidates(string file) => OperatingSystem.IsWindows() && !Path.HasExtension(file)
        ? [file, .. (Environment.GetEnvironmentVariable("PATHEXT") ?? ".EXE").Split(';').Select(extension => file + extension)]
        : [file];

    private static bool IsExecutable(string file) =>
        OperatingSystem.IsWindows() || NativeAccess.Check(file, MayExecute) == 0;
}

using System.Globalization;

namespace Coordination.Running;

/// <summary>Whatever a command that was killed has left behind: processes whose parents are gone are our children.</summary>
internal static class Orphans
{
    /// <summary>Kills our children and waits for the end of each, until there is none. Linux only; not while a guard lives.</summary>
    /// <param name="others">Not these: they were our children before the command began.</param>
    public static void End(IReadOnlyList<int> others)
    {
        while (OperatingSystem.IsLinux() && Children().Except(others).ToList() is { Count: > 0 } children)
        {
            foreach (var child in children)
            {
                _ = Unix.Kill(child, Unix.SigKill);
                Unix.AwaitEnd(child);
            }
        }
    }

    /// <summary>Our children now. A shell that started something and then became us by exec has left some.</summary>
    public static IReadOnlyList<int> Children()
    {
        try
        {
            return [.. Directory.EnumerateDirectories("/proc/self/task").SelectMany(static thread => Read(Path.Combine(thread, "children")))];
        }
        catch (IOException)
        {
            return []; // a kernel that does not tell
        }
    }

    private static IEnumerable<int> Read(string file)
    {
        try
        {
            return File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => int.Parse(text, CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return []; // the thread has ended between the look and the reading
        }
    }
}

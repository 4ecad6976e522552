using System.Globalization;

namespace Coordination.Running;

/// <summary>Whatever a command that was killed has left behind: processes whose parents are gone are our children.</summary>
internal static class Orphans
{
    /// <summary>Kills our children and waits for the end of each, until there is none. Linux only; not while a guard lives.</summary>
    /// <param name="others">Not these: they were our children before the command began.</param>
    /// <param name="patience">Asked while one lives that we may not kill: waits a little, and says whether to go on waiting.</param>
    /// <returns>Those that live: they run as somebody else, who alone may end them.</returns>
    public static IReadOnlyList<int> End(IReadOnlyList<int> others, Func<IReadOnlyList<int>, bool> patience)
    {
        while (OperatingSystem.IsLinux() && Children().Except(others).ToList() is { Count: > 0 } children)
        {
            List<int> forbidden = [];
            foreach (var child in children)
            {
                // A child keeps its number until somebody waits for it, and nobody but this thread does.
                if (!Unix.IsForbidden(child, Unix.SigKill))
                {
                    Unix.AwaitEnd(child);
                }
                else if (!Unix.Reap(child))
                {
                    forbidden.Add(child);
                }
            }

            if (forbidden.Count > 0 && !patience(forbidden))
            {
                return forbidden;
            }
        }

        return [];
    }

    /// <summary>Clears away those of them that have ended: whatever left its parents behind is our child, and nobody else waits for it. Linux only.</summary>
    /// <param name="guard">Not this one, whose exit code somebody else wants.</param>
    public static void Reap(int guard)
    {
        while (OperatingSystem.IsLinux() && Unix.Ended() is > 0 and var child && child != guard && Unix.Reap(child))
        {
            // Another may have ended.
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

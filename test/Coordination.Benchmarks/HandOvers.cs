namespace Coordination.Benchmarks;

/// <summary>How the lock went from process to process. Pure.</summary>
internal static class HandOvers
{
    /// <summary>From the release in one process to the grant in another, in milliseconds.</summary>
    /// <param name="processes">What each process logged.</param>
    /// <exception cref="InvalidOperationException">Two held the lock at one instant: nothing else that was measured is worth anything.</exception>
    public static double[] Between(IReadOnlyList<Hold[]> processes)
    {
        var all = processes.SelectMany(static (holds, process) => holds.Select(hold => (hold, process))).OrderBy(static held => held.hold.Granted).ToList();
        List<double> milliseconds = [];
        for (var i = 1; i < all.Count; i++)
        {
            var (before, from) = all[i - 1];
            var (after, to) = all[i];
            if (after.Granted < before.GivenBack)
            {
                throw new InvalidOperationException($"The lock had two holders: processes {from} and {to} overlapped at tick {after.Granted}.");
            }

            if (from != to)
            {
                milliseconds.Add(TimeProvider.System.GetElapsedTime(before.GivenBack, after.Granted).TotalMilliseconds);
            }
        }

        return [.. milliseconds];
    }
}

namespace Coordination.Benchmarks;

/// <summary>
/// Lets all entries take turns, round by round, in one run: what disturbs the machine for a while disturbs all of them, and
/// the ratio within a round is worth more than the ratio of two long measurements.
/// </summary>
internal static class Contest
{
    public static async Task<Standings> RunAsync(Pace pace, params IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
        {
            await entry.RunAsync(pace.WarmUp);
        }

        var results = new double[entries.Count][];
        for (var i = 0; i < entries.Count; i++)
        {
            results[i] = new double[pace.Rounds];
        }

        for (var round = 0; round < pace.Rounds; round++)
        {
            for (var turn = 0; turn < entries.Count; turn++)
            {
                // Another one begins each round, and every other round goes backwards, so that nobody always runs behind the same
                // neighbour's garbage: in a circle that turns one way only, everybody would.
                var i = (round + (round % 2 == 0 ? turn : entries.Count - turn)) % entries.Count;
                results[i][round] = await entries[i].RunAsync(pace.Turn);
            }
        }

        return new Standings(entries, results);
    }
}

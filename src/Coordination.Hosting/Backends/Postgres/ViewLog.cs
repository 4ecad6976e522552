namespace Coordination.Backends.Postgres;

/// <summary>Makes numbered changes out of rows of the log. Pure.</summary>
internal static class ViewLog
{
    /// <param name="after">The view that the reader has.</param>
    /// <param name="rows">The rows after it, in order, each beside the group's newest view; one row without a change when there are none.</param>
    /// <returns>Every later view, or null when one is missing (pruned, or the epoch has changed): then only a snapshot helps.</returns>
    public static IReadOnlyList<ViewChanges>? After(ViewNumber after, IReadOnlyList<ChangeRow> rows)
    {
        var (epoch, newest) = (rows[0].Epoch, rows[0].Newest);
        if (epoch != after.Epoch || newest < after.Number)
        {
            return null;
        }

        List<ViewChanges> later = [.. rows
            .Where(row => row.Number != 0)
            .GroupBy(row => row.View)
            .Select(view => new ViewChanges(new ViewNumber(epoch, view.Key), [.. view.Select(row => row.ToChange())]))];
        for (var i = 0; i < later.Count; i++)
        {
            if (later[i].View.Number != after.Number + 1 + i)
            {
                return null;
            }
        }

        return later.Count == newest - after.Number ? later : null;
    }
}

using System.Globalization;
using Coordination.Backends;
using Coordination.Leadership;

namespace Coordination.Inspection;

/// <summary>What happened, in words. What a member changed about itself is found by comparing it with the change before. Pure.</summary>
internal static class HistoryReports
{
    /// <summary>The newest first.</summary>
    public static IReadOnlyList<HistoryEntry> Of(GroupFacts facts)
    {
        var names = facts.Members.Select(one => (one.Member.Number, one.Member.Id))
            .Concat(facts.History.Select(change => (change.Number, change.Id)))
            .DistinctBy(one => one.Number)
            .ToDictionary();
        Dictionary<long, HistoryFact> last = [];
        List<HistoryEntry> entries = [];
        foreach (var change in facts.History.Reverse())
        {
            var reason = change.Reason ?? (change.Kind is MemberChangeKind.Updated && last.TryGetValue(change.Number, out var before) ? Compare(before, change) : null);
            entries.Add(new HistoryEntry(change.At, change.View, change.Kind, change.Id, change.Number, reason, Judge(change)));
            last[change.Number] = change;
        }

        entries.Reverse();
        return entries;

        string? Judge(HistoryFact change) => change.By is not { } by || by == change.Number ? null
            : names.TryGetValue(by, out var name) ? name
            : by.ToString(CultureInfo.InvariantCulture);
    }

    private static string? Compare(HistoryFact before, HistoryFact now)
    {
        List<string> words = [];
        if (now.Status is MemberStatus.Leaving && before.Status is not MemberStatus.Leaving)
        {
            words.Add("takes no new work");
        }

        words.AddRange(Roles(now).Except(Roles(before), StringComparer.Ordinal).Select(role => $"leads {role}"));
        words.AddRange(Roles(before).Except(Roles(now), StringComparer.Ordinal).Select(role => $"no longer leads {role}"));
        var (was, isNow) = (before.Notes.GetValueOrDefault(Member.DegradedMetadata), now.Notes.GetValueOrDefault(Member.DegradedMetadata));
        if (was != isNow)
        {
            words.Add(isNow is null ? "no longer degraded" : $"degraded: {isNow}");
        }

        return words.Count > 0 ? string.Join("; ", words) : null;
    }

    private static IEnumerable<string> Roles(HistoryFact change) =>
        change.Notes.Keys.Where(key => key.StartsWith(RoleNote.Prefix, StringComparison.Ordinal)).Select(key => key[RoleNote.Prefix.Length..]);
}

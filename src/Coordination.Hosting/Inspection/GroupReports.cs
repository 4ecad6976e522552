using System.Globalization;
using Coordination.Backends;
using Coordination.Locks;
using Coordination.Partitioning;

namespace Coordination.Inspection;

/// <summary>Makes a report out of what a backend knows. Pure.</summary>
internal static class GroupReports
{
    private const string PartitionHead = "partition/";

    /// <summary>The report.</summary>
    /// <param name="group">The group.</param>
    /// <param name="facts">What the backend knows.</param>
    /// <param name="reserved">The keys of the library's own locks, which are no locks for whoever looks: behind them stand roles and partitions.</param>
    public static GroupReport Of(string group, GroupFacts facts, LockKeys reserved)
    {
        var view = new GroupView(facts.View, [.. facts.Members.Select(member => member.Member)], [], IsReset: false);
        var leader = view.Leader;
        var own = facts.Shown.ToLookup(shown => shown.Group == group && IsReserved(shown.Note, reserved));
        var holders = own[false].Where(shown => !shown.Note.IsWaiting).ToLookup(shown => shown.Note.Key);
        var waiters = own[false].Where(shown => shown.Note.IsWaiting).ToLookup(shown => shown.Note.Key);
        var ours = own[true].ToLookup(shown => (shown.MemberId, shown.Note.IsWaiting));
        return new GroupReport
        {
            Group = group,
            ServerVersion = facts.ServerVersion,
            ServerTime = facts.ServerTime,
            View = facts.View,
            Members = [.. facts.Members.Select(one => new MemberReport(
                one.Member, one.LastHeartbeat, one.LeaseTime, one.OverdueAfter, one.Member == leader, one.Holding - ours[(one.Member.Id, false)].Count(), one.Waiting - ours[(one.Member.Id, true)].Count(), one.Connections))],
            Observers = facts.Observers,
            Locks = [.. holders.SelectMany(key => key).OrderBy(one => one.Since).Select(one => new HeldLockReport(
                one.Note.Name, one.Note.Mode, one.Group, one.MemberId, one.Since, new FencingToken(one.Note.Token), one.Note.Reason, waiters[one.Note.Key].Count()))],
            Waits = [.. waiters.SelectMany(key => key).OrderBy(one => one.Since).Select(one => new LockWaitReport(
                one.Note.Name, one.Note.Mode, one.Group, one.MemberId, one.Since, one.Note.Reason,
                [.. holders[one.Note.Key].Select(holder => holder.MemberId).Distinct()]))],
            LockCount = facts.Holding - own[true].Count(shown => !shown.Note.IsWaiting),
            WaitCount = facts.Waiting - own[true].Count(shown => shown.Note.IsWaiting),
            Roles = RoleReports.Of(view, own[true]),
            Partitions = Partitions(facts, own[true]),
            History = HistoryReports.Of(facts),
            LostLocks = facts.Lost,
        };
    }

    // By its key and not by its name alone: a user may call a lock so.
    private static bool IsReserved(LockNote note, LockKeys reserved) =>
        (note.Name.StartsWith(PartitionHead, StringComparison.Ordinal) || note.Name.StartsWith(RoleReports.Head, StringComparison.Ordinal)) && reserved.KeyOf(note.Name) == note.Key;

    private static IReadOnlyList<PartitionedServiceReport> Partitions(GroupFacts facts, IEnumerable<ShownLock> own)
    {
        var owned = own
            .Where(shown => !shown.Note.IsWaiting && shown.Note.Name.StartsWith(PartitionHead, StringComparison.Ordinal))
            .Select(shown => (Cut: shown.Note.Name.LastIndexOf('/'), Shown: shown))
            .ToLookup(one => one.Shown.Note.Name[PartitionHead.Length..one.Cut], one => new PartitionReport(
                int.Parse(one.Shown.Note.Name.AsSpan(one.Cut + 1), CultureInfo.InvariantCulture), one.Shown.MemberId, one.Shown.Since, new FencingToken(one.Shown.Note.Token)));
        var head = PartitionNote.KeyOf(string.Empty);
        return
        [
            .. facts.Members
                .SelectMany(one => one.Member.Metadata.Keys.Where(key => key.StartsWith(head, StringComparison.Ordinal)), (one, key) => (one.Member, Key: key))
                .GroupBy(one => one.Key, StringComparer.Ordinal)
                .OrderBy(service => service.Key, StringComparer.Ordinal)
                .Select(service => new PartitionedServiceReport(
                    service.Key[head.Length..],
                    PartitionNote.Read(service.First().Member, service.Key)?.Count ?? 0,
                    [.. owned[service.Key[head.Length..]].OrderBy(partition => partition.Partition)])),
        ];
    }
}

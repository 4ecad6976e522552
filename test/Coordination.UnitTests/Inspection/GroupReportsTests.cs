using Coordination.Backends;
using Coordination.Inspection;
using Coordination.Locks;

namespace Coordination.UnitTests.Inspection;

public sealed class GroupReportsTests
{
    private const string Group = "orders";

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(1);

    private readonly LockKeys _reserved = LockKeys.Reserved(Group);

    [Fact]
    public void Partitions_are_told_from_a_lock_that_somebody_called_so()
    {
        var own = new LockKeys($"{Group}.", KeyFormat.Default);
        var report = GroupReports.Of(Group, Facts(
            [Held("ann", "partition/billing/3", _reserved.KeyOf("partition/billing/3"), 7), Held("bob", "partition/billing/4", own.KeyOf("partition/billing/4"), 8)],
            Runs("ann", 1, "billing", "8"),
            Runs("bob", 2, "billing", "8 starting")), _reserved);

        Assert.Equal("partition/billing/4", Assert.Single(report.Locks).Name);
        var service = Assert.Single(report.Partitions);
        Assert.Equal(("billing", 8), (service.Name, service.Count));
        Assert.Equal(new PartitionReport(3, "ann", Now, new FencingToken(7)), Assert.Single(service.Owned));
        Assert.Equal(1, report.LockCount);
        Assert.Equal([0, 1], report.Members.Select(member => member.Locks));
    }

    [Fact]
    public void A_waiter_is_blocked_by_every_holder_of_its_key_and_by_nobody_else()
    {
        var key = LockKey.Single(5);
        var report = GroupReports.Of(Group, Facts(
            [Held("ann", "n", key, 1), Held("bob", "n", key, 2), Held("cyd", "other", LockKey.Single(6), 3), Held("ann", "n", key, 0, isWaiting: true)]), _reserved);

        Assert.Equal(["ann", "bob"], Assert.Single(report.Waits).BlockedBy);
        Assert.Equal([1, 1, 0], report.Locks.Select(one => one.Waiters));
    }

    [Fact]
    public void A_judge_is_named_while_its_name_is_known_and_nobody_judges_himself()
    {
        var report = GroupReports.Of(Group, Facts([], Runs("ann", 1)) with
        {
            History = [Change("bob", 2, by: 1), Change("cyd", 3, by: 3), Change("dan", 4, by: 99), Change("eve", 5, by: null)],
        }, _reserved);

        Assert.Equal(["ann", null, "99", null], report.History.Select(entry => entry.Judge));
    }

    [Fact]
    public void A_role_has_the_leader_that_says_so_and_those_who_wait_for_it()
    {
        var key = _reserved.KeyOf("role/biller");
        var report = GroupReports.Of(Group, Facts(
            [Held("ann", "role/biller", key, 7), Held("bob", "role/biller", key, 0, isWaiting: true)],
            new Member("ann", 1, MemberStatus.Up, Now, Url: null, new Dictionary<string, string> { ["coordination.leads.biller"] = "7 1", ["coordination.leads.mailer"] = "9 1" }),
            Runs("bob", 2)), _reserved);

        Assert.Equal(("biller", "ann", Now, new FencingToken(7)), report.Roles[0] is var biller ? (biller.Role, biller.Leader, biller.Since, biller.Token) : default);
        Assert.Equal(["bob"], biller.Candidates);
        Assert.Equal(("mailer", "ann", null), (report.Roles[1].Role, report.Roles[1].Leader, report.Roles[1].Since));
        Assert.Equal((0, 0, 0), (report.LockCount, report.WaitCount, report.Members.Sum(member => member.Locks + member.Waits)));
    }

    [Fact]
    public void What_a_member_changed_about_itself_is_told_in_words()
    {
        HistoryFact Step(int view, MemberChangeKind kind, MemberStatus status, params (string Key, string Value)[] notes) => new(
            Now, new ViewNumber(1, view), kind, "ann", 1, status, notes.ToDictionary(note => note.Key, note => note.Value), Reason: null, By: 1);

        var report = GroupReports.Of(Group, Facts([]) with
        {
            History =
            [
                Step(4, MemberChangeKind.Updated, MemberStatus.Leaving, ("coordination.degraded", "disk full")),
                Step(3, MemberChangeKind.Updated, MemberStatus.Up, ("coordination.degraded", "disk full")),
                Step(2, MemberChangeKind.Updated, MemberStatus.Up, ("coordination.leads.biller", "7 1")),
                Step(1, MemberChangeKind.Joined, MemberStatus.Up),
            ],
        }, _reserved);

        Assert.Equal(["takes no new work", "no longer leads biller; degraded: disk full", "leads biller", null], report.History.Select(entry => entry.Reason));
    }

    private static HistoryFact Change(string id, long number, long? by) => new(Now, new ViewNumber(1, number), MemberChangeKind.Died, id, number, MemberStatus.Up, new Dictionary<string, string>(), "silent", by);

    private static ShownLock Held(string member, string name, LockKey key, long token, bool isWaiting = false) => new("1", IsOwn: false, Group, member, Now, new LockNote
    {
        Id = token, Key = key, Name = name, Mode = LockMode.Exclusive, IsWaiting = isWaiting, Age = TimeSpan.Zero, Token = token,
    });

    private static Member Runs(string id, long number, string? service = null, string note = "") => new(
        id, number, MemberStatus.Up, Now, Url: null, service is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [$"coordination.partitions.{service}"] = note });

    private static GroupFacts Facts(IReadOnlyList<ShownLock> shown, params IReadOnlyList<Member> members) => new()
    {
        ServerVersion = "15",
        ServerTime = Now,
        View = new ViewNumber(1, 1),
        Members = [.. members.Select(member => new MemberFacts(
            member, Now, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10), shown.Count(one => one.MemberId == member.Id && !one.Note.IsWaiting), shown.Count(one => one.MemberId == member.Id && one.Note.IsWaiting), 1))],
        Observers = [],
        Shown = shown,
        Holding = shown.Count(one => !one.Note.IsWaiting),
        Waiting = shown.Count(one => one.Note.IsWaiting),
        History = [], Lost = [],
    };
}

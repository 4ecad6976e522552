namespace Coordination.IntegrationTests.Contracts;

/// <summary>What people see of a group, on every backend.</summary>
public abstract class InspectionContract : Contract
{
    [Fact(Timeout = Limit)]
    public async Task Members_and_observers_are_seen_with_what_they_tell_and_when_they_were_heard_of()
    {
        var first = await StartAsync("pod-0", options =>
        {
            options.AdvertisedUrl = "http://10.0.0.7:8080/";
            options.Metadata = new Dictionary<string, string> { ["zone"] = "z1" };
        });
        await StartAsync("pod-1", options => options.LeaseTime = TimeSpan.FromSeconds(20));
        var eye = await StartAsync("eye", options => options.Observe = true);

        var report = await ReadAsync(eye, report => report.Members.Count == 2);

        Assert.Equal([("pod-0", true), ("pod-1", false)], report.Members.Select(one => (one.Member.Id, one.IsLeader)));
        Assert.Equal((first.Group.Self, TimeSpan.FromSeconds(20)), (report.Members[0].Member, report.Members[1].LeaseTime));
        Assert.All(report.Members, one => Assert.InRange(report.ServerTime - one.LastHeartbeat, TimeSpan.Zero, TimeSpan.FromSeconds(30)));
        Assert.All(report.Members, one => Assert.True(one.Connections >= 1));
        Assert.Equal("eye", Assert.Single(report.Observers));
        Assert.Equal((GroupName, eye.Group.Current.Number), (report.Group, report.View));
        Assert.False(string.IsNullOrEmpty(report.ServerVersion));
        Assert.InRange(report.ServerTime, TimeProvider.System.GetUtcNow().AddMinutes(-10), TimeProvider.System.GetUtcNow().AddMinutes(10));
    }

    [Fact(Timeout = Limit)]
    public async Task Who_holds_what_and_who_waits_for_whom_is_seen_by_name()
    {
        var (here, there) = (await StartAsync("here"), await StartAsync("there"));
        await using var held = await here.Locks.AcquireAsync("vnf-7", new LockRequest { Reason = "healing" }, Ending);
        await using var shared = await there.Locks.AcquireAsync("config", new LockRequest { Mode = LockMode.Shared }, Ending);
        var waiting = Apart(() => there.Locks.AcquireAsync("vnf-7", new LockRequest { Reason = "scaling" }, Ending).AsTask());

        var report = await ReadAsync(here, report => report is { LockCount: 2, WaitCount: 1 });

        var vnf = Assert.Single(report.Locks, one => one.Name == "vnf-7");
        Assert.Equal(("here", GroupName, LockMode.Exclusive, held.Token, "healing", 1), (vnf.Holder, vnf.Group, vnf.Mode, vnf.Token, vnf.Reason, vnf.Waiters));
        Assert.Equal((LockMode.Shared, "there", 0), Assert.Single(report.Locks, one => one.Name == "config") is { } config ? (config.Mode, config.Holder, config.Waiters) : default);
        var wait = Assert.Single(report.Waits);
        Assert.Equal(("vnf-7", "there", "scaling"), (wait.Name, wait.Waiter, wait.Reason));
        Assert.Equal(["here"], wait.BlockedBy);
        Assert.Equal([(1, 0), (1, 1)], report.Members.Select(one => (one.Locks, one.Waits)));
        Assert.True(vnf.Since <= report.ServerTime && wait.Since <= report.ServerTime);

        await held.DisposeAsync();
        await using var next = await waiting;
        var later = await ReadAsync(here, report => report.Locks.Any(one => one is { Name: "vnf-7", Holder: "there" }));
        Assert.Equal(next.Token, Assert.Single(later.Locks, one => one.Name == "vnf-7").Token);
        Assert.Empty(later.Waits);
    }

    [Fact(Timeout = Limit)]
    public async Task What_happened_is_told_the_newest_first_and_why()
    {
        var staying = await StartAsync("staying");
        var going = await StartAsync("going");
        var number = going.Group.Self!.Number;
        await going.StopAsync();

        var report = await ReadAsync(staying, report => report.History.Any(entry => entry.Kind is MemberChangeKind.Left));

        Assert.Equal((MemberChangeKind.Left, "going", number), (report.History[0].Kind, report.History[0].MemberId, report.History[0].MemberNumber));
        Assert.False(string.IsNullOrEmpty(report.History[0].Reason));
        Assert.Contains(report.History, entry => entry is { Kind: MemberChangeKind.Joined, MemberId: "staying" });
        Assert.Equal(report.History.OrderByDescending(entry => entry.View), report.History);
        Assert.True(report.History.All(entry => entry.At <= report.ServerTime));
    }

    [Fact(Timeout = Limit)]
    public async Task Who_leads_a_role_and_who_waits_for_it_is_seen_and_the_election_is_in_the_history()
    {
        var (here, there) = (await StartAsync("here"), await StartAsync("there"));
        await using var term = await here.Leaders.CampaignAsync("biller", Ending);
        var next = Apart(() => there.Leaders.CampaignAsync("biller", Ending).AsTask());

        var report = await ReadAsync(there, report => report.Roles is [{ Since: not null, Candidates.Count: 1 }]);

        var role = Assert.Single(report.Roles);
        Assert.Equal(("biller", "here", term.Token), (role.Role, role.Leader, role.Token));
        Assert.Equal(["there"], role.Candidates);
        Assert.Equal((0, 0), (report.LockCount, report.WaitCount)); // the lock behind it is the library's own
        Assert.Contains(report.History, entry => entry is { MemberId: "here", Reason: "leads biller" });

        await term.ResignAsync();
        await using var second = await next;
        var later = await ReadAsync(here, report => report.Roles is [{ Leader: "there" }]);
        Assert.Equal(second.Token, later.Roles[0].Token);
        Assert.Contains(later.History, entry => entry is { MemberId: "here", Reason: "no longer leads biller" });
    }

    [Fact(Timeout = Limit)]
    public async Task Callers_share_a_reading()
    {
        var replica = await StartAsync("pod-0");

        var readings = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => replica.Inspector.ReadAsync(Ending).AsTask()));

        Assert.InRange(readings.Distinct(ReferenceEqualityComparer.Instance).Count(), 1, 10); // one more for each second that ends in between
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_member_lost_everybody_knows_when_it_is_back()
    {
        var (older, other) = (await StartAsync("pod-0"), await StartAsync("pod-1"));
        await using var held = await older.Locks.AcquireAsync("vnf-7", cancellationToken: Ending);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), lost);

        // Another process of the same name takes its place, and when that has gone it comes back.
        var newer = await StartAsync("pod-0");
        await lost.Task.WaitAsync(Ending);
        await newer.StopAsync();

        var report = await ReadAsync(other, report => report.LostLocks.Count > 0);
        var loss = Assert.Single(report.LostLocks);
        Assert.Equal(("vnf-7", held.Token, "pod-0"), (loss.Name, loss.Token, loss.Holder));
        Assert.False(string.IsNullOrEmpty(loss.Reason));
        Assert.InRange(report.ServerTime - loss.At, TimeSpan.Zero, TimeSpan.FromMilliseconds(Limit));
    }

    [Fact(Timeout = Limit)]
    public async Task The_own_process_is_seen_without_the_backend()
    {
        var replica = Build(options => options.MemberId = "pod-0");
        Assert.Equal((MembershipState.Joining, null), (replica.Inspector.Self.State, replica.Inspector.Self.LeaseRemaining));

        await replica.StartAsync();
        await using (await replica.Locks.AcquireAsync("n", cancellationToken: Ending))
        {
            var self = replica.Inspector.Self;
            Assert.Equal((MembershipState.Joined, "pod-0", GroupName, 1, 0), (self.State, self.MemberId, self.Group, self.LocksHeld, self.LockWaiters));
            Assert.Equal(replica.Group.Self!.Number, self.MemberNumber);
            Assert.InRange(self.LeaseRemaining!.Value, TimeSpan.FromTicks(1), self.LeaseTime);
            Assert.Empty(self.LostLocks);
        }

        await replica.StopAsync();
        Assert.Equal(MembershipState.Left, replica.Inspector.Self.State);
    }

    protected static async Task<GroupReport> ReadAsync(Replica replica, Func<GroupReport, bool> fits)
    {
        var report = await replica.Inspector.ReadAsync(Ending);
        while (!fits(report))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Ending);
            report = await replica.Inspector.ReadAsync(Ending);
        }

        return report;
    }
}

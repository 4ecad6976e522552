using Coordination.Leadership;
using Coordination.UnitTests.Membership;
using Coordination.UnitTests.Partitioning;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.UnitTests.Leadership;

/// <summary>The order in which the lock and the views let a leader begin, step by step. This member is <c>self</c>, number 2.</summary>
public sealed class LeaderElectionTests
{
    private const string Key = "coordination.leads.billing";

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly StubGroup _group = new("self");
    private readonly StubLocks _locks = new();
    private readonly LeaderElection _election;

    public LeaderElectionTests() => _election = new LeaderElection(new LeadershipContext(_group, _locks, _time, NullLogger.Instance)
    {
        MemberId = "self",
        LeaseTime = Lease,
        AnnounceAsync = (key, value, _) => Told(metadata => metadata[key] = value),
        RetractAsync = (key, _, _) => Told(metadata => metadata.Remove(key)),
    });

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task In_a_group_that_began_with_us_a_free_role_is_ours_at_once()
    {
        _group.Publish([Self()]);
        _locks.Grant(new StubHandle(7));

        await using var term = await CampaignAsync();

        Assert.Equal(("role/billing", 7), ((await _locks.Asked.NextAsync()).Value, term.Token.Value));
        Assert.Equal("7 2", _group.Self!.Metadata[Key]);
        Assert.Equal(_group.Self, await _election.GetLeaderAsync("billing", Ending));
    }

    [Fact]
    public async Task In_a_group_that_was_there_before_us_the_first_second_passes_first()
    {
        _group.Publish([Other("3 1")]);
        _group.Publish([Self()]);
        var late = new LeaderElection(_election.Context);
        _locks.Grant(new StubHandle(7));
        var term = late.CampaignAsync("billing", Ending).AsTask();

        await _time.TimerSetAsync(due => due > TimeSpan.Zero && due <= Second);
        Assert.False(term.IsCompleted);
        _time.Advance(Second);

        await using var held = await term.InTime();
    }

    [Fact]
    public async Task While_another_member_shows_the_role_the_granted_one_waits()
    {
        var other = Other("3 1");
        _group.Publish([Self(), other]);
        var handle = new StubHandle(7);
        _locks.Grant(handle);
        var term = CampaignAsync();
        await ShownAsync();

        Assert.False(term.IsCompleted);
        Assert.Equal("other", (await _election.GetLeaderAsync("billing", Ending))?.Id);
        _group.Publish([_group.Self!, other with { Status = MemberStatus.Suspect }]);
        await Task.Yield();
        Assert.False(term.IsCompleted); // a suspect keeps its seat

        _group.Publish([_group.Self!, Other(note: null)]);
        await using var held = await term.InTime();
        Assert.True(held.IsHeld);
    }

    [Fact]
    public async Task A_leader_that_went_without_a_word_has_a_second_to_hear_of_it_and_one_that_left_needs_none()
    {
        var other = Other("3 1");
        _group.Publish([Self(), other]);
        _locks.Grant(new StubHandle(7));
        var first = CampaignAsync();
        await ShownAsync();
        _group.Publish([_group.Self!], left: other);
        await (await first.InTime()).DisposeAsync();

        _group.Publish([_group.Self!, other]);
        _locks.Grant(new StubHandle(8));
        var second = CampaignAsync();
        await ShownAsync();
        _group.Publish([_group.Self!]);
        await _time.TimerSetAsync(due => due > TimeSpan.Zero && due <= Second);
        Assert.False(second.IsCompleted);
        _time.Advance(Second);

        await using var term = await second.InTime();
    }

    [Fact]
    public async Task Whoever_sees_a_greater_token_has_lost_its_lock_and_gives_up()
    {
        _group.Publish([Self(), Other("9 1")]);
        var handle = new StubHandle(7);
        _locks.Grant(handle);
        var term = CampaignAsync();

        await handle.Released.InTime();
        Assert.False(term.IsCompleted);
        Assert.DoesNotContain(Key, _group.Self!.Metadata.Keys);

        _group.Publish([_group.Self!, Other(note: null)]);
        _locks.Grant(new StubHandle(10));
        Assert.Equal(10, (await term.InTime()).Token.Value);
    }

    [Fact]
    public async Task A_lock_that_is_lost_while_its_holder_waits_for_another_yields_no_term()
    {
        var other = Other("3 1");
        _group.Publish([Self(), other]);
        var handle = new StubHandle(7);
        _locks.Grant(handle);
        var term = CampaignAsync();
        await ShownAsync();

        handle.Lose();
        await handle.Released.InTime();
        _group.Publish([_group.Self!], left: other);

        Assert.False(term.IsCompleted);
        _locks.Grant(new StubHandle(8));
        Assert.Equal(8, (await term.InTime()).Token.Value);
    }

    [Fact]
    public async Task A_note_of_an_earlier_life_is_nobodys()
    {
        _group.Publish([Self(), Other("3 17")]);
        _locks.Grant(new StubHandle(7));

        await using var term = await CampaignAsync();

        Assert.Equal("self", (await _election.GetLeaderAsync("billing", Ending))?.Id);
    }

    [Fact]
    public async Task A_lost_term_keeps_the_role_until_it_is_disposed_and_for_one_lease_at_most()
    {
        _group.Publish([Self()]);
        var handle = new StubHandle(7);
        _locks.Grant(handle);
        var term = await CampaignAsync();
        var lost = term.Lost;

        handle.Lose();
        Assert.True(lost.IsCancellationRequested && term.Lost.IsCancellationRequested);
        Assert.False(term.IsHeld);
        await _time.TimerSetAsync(due => due == Lease);
        Assert.Contains(Key, _group.Self!.Metadata.Keys);

        _time.Advance(Lease);
        await handle.Released.InTime();
        await term.ResignAsync().InTime();
        Assert.DoesNotContain(Key, _group.Self!.Metadata.Keys);
    }

    [Fact]
    public async Task A_degraded_leader_is_told_and_keeps_the_role_until_its_work_has_stopped()
    {
        _group.Publish([Self()]);
        var handle = new StubHandle(7);
        _locks.Grant(handle);
        var term = await CampaignAsync();
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = term.Lost.UnsafeRegister(_ => told.SetResult(), null);

        await Told(metadata => metadata["coordination.degraded"] = "full");
        await told.Task.InTime();
        _time.Advance(2 * Lease);
        Assert.True(handle.IsHeld);
        Assert.Contains(Key, _group.Self!.Metadata.Keys);
        Assert.Null(_group.Current.Leader);

        await term.DisposeAsync();
        Assert.False(handle.IsHeld);
        var again = CampaignAsync();
        Assert.False(again.IsCompleted);
        _locks.Grant(new StubHandle(8));
        await Told(metadata => metadata.Remove("coordination.degraded"));
        Assert.Equal(8, (await again.InTime()).Token.Value);
    }

    private static Member Self() => Members.Named("self", 2);

    private static Member Other(string? note) => Members.Named("other", 1) with
    {
        Metadata = note is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [Key] = note },
    };

    private Task<ILeaderTerm> CampaignAsync() => _election.CampaignAsync("billing", Ending).AsTask();

    /// <summary>Waits until this member shows the role.</summary>
    private async Task ShownAsync()
    {
        await foreach (var view in _group.WatchAsync(Ending))
        {
            if (view.Find("self")!.Metadata.ContainsKey(Key))
            {
                return;
            }
        }
    }

    private Task Told(Action<Dictionary<string, string>> change)
    {
        var self = _group.Self!;
        Dictionary<string, string> metadata = new(self.Metadata);
        change(metadata);
        _group.Publish(_group.Current.Members.Select(member => member.Number == self.Number ? member with { Metadata = metadata } : member));
        return Task.CompletedTask;
    }
}

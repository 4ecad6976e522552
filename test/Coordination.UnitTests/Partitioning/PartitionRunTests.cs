using System.Threading.Channels;
using Coordination.Partitioning;
using Coordination.UnitTests.Membership;

namespace Coordination.UnitTests.Partitioning;

public sealed class PartitionRunTests : IPartitionedService
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualTime _time = new();
    private readonly StubLocks _locks = new();
    private readonly RecordedLog _log = new();
    private readonly PartitionBoard _board = new(10);
    private readonly Channel<StubRun> _begun = Channel.CreateUnbounded<StubRun>();
    private readonly PartitionCaution _caution;
    private readonly PartitionRun _run;

    public PartitionRunTests()
    {
        _caution = new PartitionCaution(_time);
        _run = new PartitionRun(
            new PartitionTerms("billing", 10, TimeSpan.Zero, Membership: null!, _locks, _time)
            {
                Logger = _log,
                MemberId = "me",
                AnnounceAsync = static (_, _, _) => Task.CompletedTask,
            },
            _board,
            _caution,
            this,
            partition: 7);
    }

    Task IPartitionedService.RunAsync(int partition, CancellationToken cancellationToken)
    {
        Assert.Equal(7, partition);
        var run = new StubRun(cancellationToken);
        _begun.Writer.TryWrite(run);
        return run.Task;
    }

    [Fact]
    public async Task A_busy_lock_is_tried_again_soon_at_first_and_at_most_four_times_a_second_later()
    {
        List<double> delays = [];
        _run.Want();
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var delay = await _time.TimerSetAsync(due => due > TimeSpan.Zero);
            delays.Add(delay.TotalMilliseconds);
            _time.Advance(delay);
        }

        Assert.InRange(delays[0], 18, 25);
        Assert.InRange(delays[7], 187, 250);
        _locks.Answer = () => new StubHandle(1);
        _time.Advance(await _time.TimerSetAsync(due => due > TimeSpan.Zero));

        var caution = await _time.TimerSetAsync(due => due > TimeSpan.FromMilliseconds(250));
        Assert.Equal(TimeSpan.FromSeconds(1), caution); // whoever had it may have lost it and not know
        _time.Advance(caution);
        await _begun.NextAsync();
        Assert.Equal([7], _board.Mine);
    }

    [Fact]
    public async Task While_coordination_is_away_it_is_said_once_and_tried_on()
    {
        _locks.Answer = () => throw new CoordinationUnavailableException("The lease is lost.");
        _run.Want();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            _time.Advance(await _time.TimerSetAsync(due => due > TimeSpan.Zero));
        }

        Assert.Single(_log.Lines, line => line.StartsWith("PartitionNotTaken", StringComparison.Ordinal));
        _run.GiveAway();
        await _run.Ended.InTime();
    }

    [Fact]
    public async Task A_run_that_does_not_end_keeps_its_lock_and_is_warned_about()
    {
        var handle = new StubHandle(1);
        _locks.Answer = () => handle;
        _run.Want();
        var run = await _begun.NextAsync();

        _run.GiveAway();
        for (var report = 0; report < 3; report++)
        {
            Assert.Equal(TimeSpan.FromSeconds(30), await _time.TimerSetAsync(due => due > TimeSpan.Zero));
            _time.Advance(TimeSpan.FromSeconds(30));
            await _log.LoggedAsync("PartitionDrains");
        }

        Assert.True(run.Told.IsCancellationRequested);
        Assert.False(_run.Ended.IsCompleted);
        Assert.False(handle.Released.IsCompleted);
        Assert.Equal([7], _board.Mine);
        run.End();
        await handle.Released.InTime();
        await _run.Ended.InTime();
        Assert.Empty(_board.Mine);
    }

    [Fact]
    public async Task A_lost_lock_is_told_at_once_and_not_taken_again_before_the_run_has_ended()
    {
        var (first, second) = (new StubHandle(1), new StubHandle(2));
        _locks.Answer = () => first;
        _run.Want();
        var run = await _begun.NextAsync();

        _locks.Answer = () => second;
        first.Lose();
        Assert.True(run.Told.IsCancellationRequested);
        Assert.Empty(_board.Mine);
        Assert.Equal(1, _locks.Attempts);

        run.End();
        await _begun.NextAsync();
        Assert.True(_board.TryGetToken(7, out var token));
        Assert.Equal(2, token.Value);
        Assert.Contains(_log.Lines, line => line.StartsWith("PartitionLost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wanted_again_while_it_drains_it_begins_when_the_old_run_has_ended()
    {
        var (first, second) = (new StubHandle(1), new StubHandle(2));
        _locks.Answer = () => first;
        _run.Want();
        var run = await _begun.NextAsync();

        _run.GiveAway();
        _locks.Answer = () => first.IsHeld ? null : second;
        _run.Want();
        Assert.Equal(1, _locks.Attempts);
        Assert.False(_begun.Reader.TryRead(out _));

        run.End();
        await _begun.NextAsync();
        Assert.True(first.Released.IsCompleted);
    }

    [Fact]
    public async Task After_a_death_what_is_granted_waits_for_as_long_as_the_dead_may_not_know_of_it()
    {
        _locks.Answer = () => new StubHandle(1);
        _caution.See(Died("other", 2), self: 1);
        _time.Advance(TimeSpan.FromMilliseconds(400));
        _run.Want();

        Assert.Equal(TimeSpan.FromMilliseconds(600), await _time.TimerSetAsync(due => due > TimeSpan.Zero));
        Assert.Empty(_board.Mine);
        _caution.See(Died("third", 3), self: 1);
        _time.Advance(TimeSpan.FromMilliseconds(600));
        Assert.Equal(TimeSpan.FromMilliseconds(400), await _time.TimerSetAsync(due => due > TimeSpan.Zero));
        Assert.Empty(_board.Mine);

        _time.Advance(TimeSpan.FromMilliseconds(400));
        await _begun.NextAsync();
        Assert.Equal(1, _locks.Attempts);
    }

    [Theory]
    [InlineData(5000, 1000)]
    [InlineData(300, 300)]
    public async Task A_member_that_has_not_settled_waits_with_what_was_free(int settlesIn, int waits)
    {
        _locks.Answer = () => new StubHandle(1);
        _caution.Settle(TimeSpan.FromMilliseconds(settlesIn));
        _run.Want();

        Assert.Equal(TimeSpan.FromMilliseconds(waits), await _time.TimerSetAsync(due => due > TimeSpan.Zero));
        _time.Advance(TimeSpan.FromMilliseconds(waits));

        await _begun.NextAsync();
    }

    [Fact]
    public async Task What_is_given_away_or_lost_in_doubt_never_runs()
    {
        var (first, second) = (new StubHandle(1), new StubHandle(2));
        _locks.Answer = () => first.IsHeld ? first : second;
        _caution.See(Died("other", 2), self: 1);
        _run.Want();
        await _time.TimerSetAsync(due => due > TimeSpan.Zero);
        first.Lose();
        await _time.TimerSetAsync(due => due > TimeSpan.Zero);

        _run.GiveAway();

        await _run.Ended.InTime();
        await second.Released.InTime();
        Assert.False(_begun.Reader.TryRead(out _));
    }

    [Fact]
    public void Farewells_and_what_happens_to_ourselves_leave_no_doubt()
    {
        _caution.See(Members.View(1) with { Changes = [Members.Change(MemberChangeKind.Left, Members.Named("other", 2)), Members.Change(MemberChangeKind.Suspected, Members.Named("me", 1))] }, self: 1);
        Assert.True(_caution.LeftFor(_time.GetTimestamp(), wasBusy: false) <= TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(1), _caution.LeftFor(_time.GetTimestamp(), wasBusy: true)); // its owner may have lost it and not know

        _caution.See(Members.View(2) with { IsReset = true }, self: 1);
        Assert.Equal(TimeSpan.FromSeconds(1), _caution.LeftFor(_time.GetTimestamp(), wasBusy: false));
    }

    [Fact]
    public async Task A_run_that_fails_starts_again_later_each_time_and_soon_when_it_had_worked_for_long()
    {
        _locks.Answer = () => new StubHandle(1);
        _run.Want();
        List<double> delays = [];
        for (var failure = 0; failure < 9; failure++)
        {
            (await _begun.NextAsync()).Throw();
            var delay = await _time.TimerSetAsync(due => due > TimeSpan.Zero);
            delays.Add(delay.TotalSeconds);
            _time.Advance(delay);
        }

        Assert.InRange(delays[0], 0.75, 1);
        Assert.InRange(delays[1], 1.5, 2);
        Assert.InRange(delays[8], 45, 60);
        var lasting = await _begun.NextAsync();
        _time.Advance(2 * Minute);
        lasting.Throw();
        Assert.InRange((await _time.TimerSetAsync(due => due > TimeSpan.Zero)).TotalSeconds, 0.75, 1);
        Assert.Equal(1, _locks.Attempts);
    }

    [Fact]
    public async Task A_run_that_ends_by_itself_is_done_and_the_partition_stays()
    {
        var handle = new StubHandle(1);
        _locks.Answer = () => handle;
        _run.Want();
        var run = await _begun.NextAsync();
        run.End();
        _time.Advance(10 * Minute);
        Assert.False(_begun.Reader.TryRead(out _));
        Assert.Equal([7], _board.Mine);

        _run.GiveAway();

        await _run.Ended.InTime();
        Assert.True(handle.Released.IsCompleted);
    }

    private static GroupView Died(string id, long number) => Members.View(1) with { Changes = [Members.Change(MemberChangeKind.Died, Members.Named(id, number))] };
}

using System.Threading.Channels;
using Coordination.Backends;
using Coordination.Locks;
using Coordination.UnitTests.Backends.Scripted;

namespace Coordination.UnitTests.Locks;

/// <summary>A lock with several holders, on a server that is the test's.</summary>
public sealed class SemaphoreEntryTests
{
    private static readonly LockRequest Two = new() { MaxHolders = 2 };
    private static readonly LockRequest TwoAtOnce = Two with { Timeout = TimeSpan.Zero };

    private readonly LockHouse _house = new();
    private readonly Channel<PlaceQuestion> _asked = Channel.CreateUnbounded<PlaceQuestion>();
    private readonly Channel<PlaceQuestion> _waited = Channel.CreateUnbounded<PlaceQuestion>();
    private readonly IReadOnlyList<LockKey> _places;

    public SemaphoreEntryTests()
    {
        _places = PlaceKeys.Of(_house.KeyOf("n"), 2);
        _house.Session.OnTakePlace = places => Put(_asked, new PlaceQuestion(() => places));
        _house.Session.OnWaitForPlace = (places, ending) => Put(_waited, new PlaceQuestion(places, ending));
    }

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_place_that_is_held_here_is_not_asked_for()
    {
        await HoldAsync(_places[1]);
        var second = _house.AcquireAsync("n", Two);

        Assert.Equal([_places[0]], (await _asked.NextAsync()).Places);
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task A_place_that_is_on_its_way_back_is_not_asked_for_before_the_server_has_it()
    {
        var held = await HoldAsync(_places[0]);
        var releasing = held.ReleaseAsync(Ending).AsTask();
        var command = await _house.ReleasedAsync();
        var second = _house.AcquireAsync("n", Two);
        Assert.Equal([_places[1]], (await _asked.NextAsync()).Places);

        command.Complete(1);

        Assert.Equal(ReleaseOutcome.Released, await releasing.InTime());
        Assert.False(second.IsCompleted);
    }

    [Fact]
    public async Task With_all_places_here_nobody_asks_the_server()
    {
        await HoldAsync(_places[0]);
        await HoldAsync(_places[1]);

        Assert.Null(await _house.TryAcquireAsync("n", Two).InTime());
        var waiting = _house.AcquireAsync("n", Two);

        Assert.False(waiting.IsCompleted);
        Assert.Equal((0, 0), (_asked.Reader.Count, _waited.Reader.Count));
    }

    [Fact]
    public async Task A_place_is_passed_on_here_sixty_four_times_and_then_given_back()
    {
        var held = await HoldAsync(_places[0]);
        var first = held.Token;
        for (var i = 1; i < HandOver.MostExclusive; i++)
        {
            var next = _house.AcquireAsync("n", Two);
            if (i == 1)
            {
                (await _asked.NextAsync()).Nothing();
                await _waited.NextAsync();
            }

            await held.DisposeAsync().AsTask().InTime();
            var before = held.Token;
            held = await next.InTime();
            Assert.True(held.Token > before);
        }

        Assert.True(held.Token < new FencingToken(first.Value + Fence.Step));
        var last = _house.AcquireAsync("n", Two);
        var releasing = held.DisposeAsync();
        Assert.Equal(_places[0], (await _house.ReleasedAsync()).Key);
        Assert.False(last.IsCompleted);
        Assert.False(releasing.IsCompleted);
    }

    [Fact]
    public async Task After_ten_milliseconds_a_place_is_given_back_although_somebody_here_waits()
    {
        var held = await HoldAsync(_places[0]);
        var next = _house.AcquireAsync("n", Two);
        (await _asked.NextAsync()).Nothing();
        var waiting = await _waited.NextAsync();
        _house.Time.Advance(TimeSpan.FromMilliseconds(10));

        var releasing = held.DisposeAsync().AsTask();
        Assert.Equal([_places[1]], waiting.Places);
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();

        // The question that is under way looks again: the place that came back is one of those it may get.
        Assert.Equal(_places, waiting.Places);
        waiting.Grant(_places[0], _house.NextToken());
        Assert.True((await next.InTime()).Token > held.Token);
    }

    [Fact]
    public async Task Who_does_not_wait_is_refused_when_all_places_are_taken_elsewhere()
    {
        var trying = _house.TryAcquireAsync("n", TwoAtOnce);
        (await _asked.NextAsync()).Nothing();

        Assert.Null(await trying.InTime());
        AssertEmpty();
    }

    [Fact]
    public async Task A_place_that_arrives_after_its_caller_has_gone_is_given_back()
    {
        using var patience = new CancellationTokenSource();
        var asked = _house.AcquireAsync("n", Two, patience.Token);
        (await _asked.NextAsync()).Nothing();
        var waiting = await _waited.NextAsync();

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.InTime());
        Assert.True(waiting.IsCancelled);
        waiting.Grant(_places[1], _house.NextToken());

        var release = await _house.ReleasedAsync();
        Assert.Equal(_places[1], release.Key);
        release.Complete(1);
        AssertEmpty();
    }

    [Fact]
    public async Task Whoever_comes_while_a_withdrawn_question_ends_is_asked_for_anew()
    {
        using var patience = new CancellationTokenSource();
        var gone = _house.AcquireAsync("n", Two, patience.Token);
        (await _asked.NextAsync()).Nothing();
        var waiting = await _waited.NextAsync();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.InTime());

        var late = _house.AcquireAsync("n", Two);
        Assert.Equal(0, _asked.Reader.Count);
        waiting.Nothing();
        (await _asked.NextAsync()).Grant(_places[0], _house.NextToken());

        Assert.True((await late.InTime()).IsHeld);
    }

    [Fact]
    public async Task A_question_that_fails_is_the_answer_of_everybody_who_waits()
    {
        var first = _house.AcquireAsync("n", Two);
        var second = _house.AcquireAsync("n", Two);
        (await _asked.NextAsync()).Fail(new InvalidOperationException("no such function"));

        Assert.Contains("no such function", (await Assert.ThrowsAsync<CoordinationException>(() => first.InTime())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CoordinationException>(() => second.InTime());
        AssertEmpty();
    }

    [Fact]
    public async Task Others_who_name_another_number_are_asked_once_and_named_in_the_error()
    {
        var checks = 0;
        _house.Session.OnCheckPlaces = (_, _) => Task.FromResult(++checks == 1 ? 5 : 0);

        var refused = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => _house.AcquireAsync("n", Two).InTime());
        Assert.Contains("MaxHolders = 5", refused.Message, StringComparison.Ordinal);
        AssertEmpty();

        await HoldAsync(_places[0]);
        await HoldAsync(_places[1]);
        Assert.Equal(2, checks);
    }

    [Fact]
    public async Task A_lost_lease_is_told_to_holders_and_to_those_who_wait_and_what_comes_late_changes_nothing()
    {
        var held = await HoldAsync(_places[0]);
        var asked = _house.AcquireAsync("n", Two);
        var question = await _asked.NextAsync();

        _house.Lose();
        question.Grant(_places[1], _house.NextToken());

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => asked.InTime());
        Assert.False(held.IsHeld);
        Assert.Equal(ReleaseOutcome.WasLost, await held.ReleaseAsync(Ending).AsTask().InTime());
        AssertEmpty();
    }

    [Fact]
    public async Task A_release_whose_session_ends_is_a_lost_lock()
    {
        var held = await HoldAsync(_places[0]);
        var releasing = held.ReleaseAsync(Ending).AsTask();
        await _house.ReleasedAsync();

        _house.Lose();

        Assert.Equal(ReleaseOutcome.WasLost, await releasing.InTime());
    }

    [Fact]
    public async Task Whoever_does_not_wait_does_not_wait_for_a_question_that_nobody_needs_any_more_either()
    {
        var held = await HoldAsync(_places[0]);
        var next = _house.AcquireAsync("n", Two);
        (await _asked.NextAsync()).Nothing(); // the other place is another process's
        var wait = await _waited.NextAsync();
        await held.DisposeAsync().AsTask().InTime(); // passed on, so that nobody here waits any more
        await next.InTime();

        Assert.True(wait.IsCancelled);
        Assert.Null(await _house.TryAcquireAsync("n", Two).InTime());
    }

    [Fact]
    public async Task A_part_of_a_set_is_not_passed_on_because_the_token_of_the_set_is_greater_than_its_own()
    {
        var taken = 0;
        _house.Session.OnTakePlace = places => Task.FromResult<PlaceGrant?>(++taken > 2 ? null : new PlaceGrant(places[0], _house.NextToken()));
        var set = await _house.Apart(() => _house.Locks.AcquireAllAsync(["n", "m"], Two, Ending).AsTask()).InTime();
        var next = new[] { _house.AcquireAsync("n", Two), _house.AcquireAsync("m", Two) };

        var releasing = set.DisposeAsync().AsTask();
        (await _house.ReleasedAsync()).Complete(1);
        (await _house.ReleasedAsync()).Complete(1);
        await releasing.InTime();

        Assert.All(next, one => Assert.False(one.IsCompleted));
    }

    private static Task<PlaceGrant?> Put(Channel<PlaceQuestion> questions, PlaceQuestion question)
    {
        questions.Writer.TryWrite(question);
        return question.Answer;
    }

    private async Task<ILockHandle> HoldAsync(LockKey place)
    {
        var asked = _house.AcquireAsync("n", Two);
        (await _asked.NextAsync()).Grant(place, _house.NextToken());
        return await asked.InTime();
    }

    private void AssertEmpty()
    {
        _house.AssertEmpty();
        Assert.Equal((0, 0), (_asked.Reader.Count, _waited.Reader.Count));
    }
}

using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

/// <summary>The answers of a batch that come together do what they would have done one by one.</summary>
public sealed class BatchAnswersTests
{
    private readonly LockHouse _house = new(postsReleases: true);

    [Fact]
    public async Task All_who_were_granted_are_told()
    {
        var asked = Enumerable.Range(0, 5).Select(i => _house.AcquireAsync($"n{i}")).ToList();
        await AnswerAsync(asked.Count, _ => _house.NextToken());

        var tokens = new List<long>();
        foreach (var one in asked)
        {
            tokens.Add((await one.InTime()).Token.Value);
        }

        Assert.Equal(tokens.Order(), tokens);
        Assert.Equal(asked.Count, _house.Locks.Held);
    }

    [Fact]
    public async Task Those_that_are_held_elsewhere_are_all_stood_in_line_for()
    {
        var asked = Enumerable.Range(0, 3).Select(i => _house.AcquireAsync($"n{i}")).ToList();
        await AnswerAsync(asked.Count, static _ => null);

        for (var i = 0; i < asked.Count; i++)
        {
            (await _house.Session.WaitingAsync()).Grant(_house.NextToken());
        }

        foreach (var one in asked)
        {
            Assert.True((await one.InTime()).IsHeld);
        }
    }

    [Fact]
    public async Task A_release_and_the_try_behind_it_are_answered_in_that_order()
    {
        var held = await _house.HoldAsync("n");
        var other = _house.AcquireAsync("other");
        var attemptOfOther = await _house.TriedAsync();
        var released = held.DisposeAsync();
        var release = await _house.ReleasedAsync();
        release.IsQueued = true;
        var next = _house.AcquireAsync("n");
        var behind = await _house.TriedAsync();
        Assert.Same(release, behind.Behind);

        Answer([release, attemptOfOther, behind], [1, _house.NextToken(), _house.NextToken()]);

        await released;
        Assert.True((await other.InTime()).IsHeld);
        Assert.True((await next.InTime()).IsHeld);
    }

    [Fact]
    public async Task Every_release_of_a_batch_is_told()
    {
        var house = new LockHouse();
        var (one, two) = (await house.HoldAsync("one"), await house.HoldAsync("two"));
        var (first, second) = (one.ReleaseAsync().AsTask(), two.ReleaseAsync().AsTask());
        LockCommand[] releases = [await house.ReleasedAsync(), await house.ReleasedAsync()];

        releases[0].Together!.Answered(releases, [1, 1]);

        Assert.Equal(ReleaseOutcome.Released, await first.InTime());
        Assert.Equal(ReleaseOutcome.Released, await second.InTime());
        house.AssertEmpty();
    }

    [Fact]
    public async Task Nothing_of_a_batch_counts_after_the_loss()
    {
        var asked = _house.AcquireAsync("n");
        var attempt = await _house.TriedAsync();
        _house.Lose();
        Answer([attempt], [_house.NextToken()]);

        await Assert.ThrowsAsync<CoordinationUnavailableException>(() => asked.InTime());
        Assert.Equal(0, _house.Locks.Held);
    }

    [Fact]
    public async Task A_log_that_fails_keeps_nobody_of_a_batch_waiting()
    {
        _house.Log.Fails = true;
        var asked = Enumerable.Range(0, 3).Select(i => _house.AcquireAsync($"n{i}")).ToList();
        await AnswerAsync(asked.Count, _ => _house.NextToken());

        foreach (var one in asked)
        {
            Assert.True((await one.InTime()).IsHeld);
        }
    }

    private static void Answer(LockCommand[] commands, long?[] results) => commands[0].Together!.Answered(commands, results);

    private async Task AnswerAsync(int count, Func<int, long?> result)
    {
        var commands = new LockCommand[count];
        var results = new long?[count];
        for (var i = 0; i < count; i++)
        {
            (commands[i], results[i]) = (await _house.TriedAsync(), result(i));
        }

        Answer(commands, results);
    }
}

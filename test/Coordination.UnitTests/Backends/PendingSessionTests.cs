using Coordination.Backends;

namespace Coordination.UnitTests.Backends;

public sealed class PendingSessionTests
{
    private readonly PendingSession<string> _pending = new();
    private readonly CancellationTokenSource _giveUp = new();

    [Theory]
    [InlineData("a session")]
    [InlineData(null)]
    public async Task Whoever_waits_gets_what_is_given(string? given)
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);

        Assert.True(_pending.TryEnter(leavesTrace: true));
        Assert.True(_pending.TryGive(given));

        Assert.Equal(given, await waiting.InTime());
    }

    [Fact]
    public async Task Whoever_waits_hears_why_there_is_none()
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);

        Assert.True(_pending.TryFail(new CoordinationUnavailableException("away")));

        Assert.Equal("away", (await Assert.ThrowsAsync<CoordinationUnavailableException>(() => waiting.InTime())).Message);
    }

    [Fact]
    public async Task One_that_is_given_up_before_it_enters_ends_at_once_and_never_enters()
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);

        await _giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        Assert.False(_pending.TryEnter(leavesTrace: true));
    }

    [Fact]
    public async Task One_that_is_given_up_after_it_has_entered_ends_when_it_is_over()
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);
        Assert.True(_pending.TryEnter(leavesTrace: true));

        await _giveUp.CancelAsync();

        Assert.False(_pending.TryGive("too late"));
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken));
        _pending.End();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
    }

    [Fact]
    public async Task One_that_leaves_no_trace_ends_at_once()
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);
        Assert.True(_pending.TryEnter(leavesTrace: false));

        await _giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        Assert.False(_pending.TryGive("too late"));
    }

    [Fact]
    public async Task One_that_fails_after_it_was_given_up_ends_as_given_up()
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);
        Assert.True(_pending.TryEnter(leavesTrace: true));
        await _giveUp.CancelAsync();

        Assert.False(_pending.TryFail(new CoordinationUnavailableException("away")));
        _pending.End();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
    }

    [Fact]
    public async Task Giving_up_what_was_given_changes_nothing()
    {
        var waiting = _pending.WaitAsync(_giveUp.Token);
        Assert.True(_pending.TryEnter(leavesTrace: true));
        Assert.True(_pending.TryGive("a session"));

        await _giveUp.CancelAsync();

        Assert.Equal("a session", await waiting.InTime());
    }
}

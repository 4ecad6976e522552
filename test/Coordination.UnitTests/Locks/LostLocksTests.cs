using Coordination.Backends;

namespace Coordination.UnitTests.Locks;

/// <summary>What was lost is remembered here, and told to the others once there is a session again.</summary>
public sealed class LostLocksTests
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly LockHouse _house = new();

    [Fact]
    public async Task What_was_lost_is_told_on_the_next_session_with_its_age_and_once()
    {
        var held = await _house.HoldAsync("invoice-7");
        _house.Lose("The connection was reset.");
        _house.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(_house.Session.ToldLost);

        var next = _house.Reopen();
        _house.Time.Advance(Look);

        var told = Assert.Single(next.ToldLost);
        Assert.Equal(new LostNote("invoice-7", held.Token.Value, TimeSpan.FromSeconds(2) + Look, "The connection was reset."), told);
        _house.Time.Advance(4 * Look);
        Assert.Single(next.ToldLost);
    }

    [Fact]
    public async Task What_could_not_be_told_is_told_the_next_time()
    {
        await _house.HoldAsync("invoice-7");
        _house.Lose();
        var next = _house.Reopen();
        next.OnTellLost = static () => throw new CoordinationUnavailableException("The session is over.");
        _house.Time.Advance(Look);
        Assert.Empty(next.ToldLost);

        next.OnTellLost = null;
        _house.Time.Advance(Look);

        Assert.Single(next.ToldLost);
    }

    [Fact]
    public async Task Only_the_last_hundred_are_kept_for_the_telling()
    {
        for (var i = 0; i < 120; i++)
        {
            await _house.HoldAsync($"n{i}");
        }

        _house.Lose();
        var next = _house.Reopen();
        _house.Time.Advance(Look);

        Assert.Equal(100, next.ToldLost.Count);
    }
}

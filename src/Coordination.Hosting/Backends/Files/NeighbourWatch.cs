namespace Coordination.Backends.Files;

/// <summary>Looks, without the mutex, whether another session may be dead: a few lifelines at a time, in turn, and the silence of all.</summary>
internal sealed class NeighbourWatch(FileRoster roster)
{
    /// <summary>Lifelines in one look: one of a hundred sessions is found out within a second by any single one, and by all together at once.</summary>
    private const int Few = 2;

    /// <summary>The same for one who waits: somebody who holds what it waits for may be gone.</summary>
    private const int Many = 16;

    private long _last;

    public bool IsAnyDead(long own, bool isWaiting)
    {
        var others = roster.Sessions.All().Where(session => session.Number != own).ToList();
        if (others.Exists(session => roster.Sessions.SilentFor(session) is not null))
        {
            return true;
        }

        var turn = others.Where(session => session.Number > _last).Concat(others.Where(session => session.Number <= _last)).Take(isWaiting ? Many : Few);
        foreach (var session in turn.ToList())
        {
            _last = session.Number;
            if (roster.Sessions.Verdict(session) is not null)
            {
                return true;
            }
        }

        return false;
    }
}

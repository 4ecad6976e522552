using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>The commands of an entry on their way to the server: one at a time, and a try behind a release. Everything on it happens under the table's gate.</summary>
/// <remarks>
/// The server's locks are re-entrant: a try that came before the release of the same key would be granted and counted twice. So a try goes
/// behind a release only when the session says that it has that one: then whatever is posted now is carried out later.
/// </remarks>
internal sealed class EntryCommands(ServerAnswers answers, LockEntry entry)
{
    private readonly EntryCommand _first = new(answers, entry);
    private readonly EntryCommand _behind = new(answers, entry);
    private bool _isBehind;

    /// <summary>Whether a try may be posted now behind the release that is on its way.</summary>
    public bool MayFollow => !_isBehind && _first is { IsRelease: true, IsQueued: true };

    /// <summary>A try, while nothing is on its way.</summary>
    public void Try(LockKey key, LockMode mode, ref Effects effects)
    {
        _first.Set(key, mode, isRelease: false);
        effects.Post(_first);
    }

    /// <summary>A release, while nothing is on its way.</summary>
    public void Release(LockKey key, LockMode mode, bool isPosted, ref Effects effects)
    {
        _first.Set(key, mode, isRelease: true, isPosted);
        effects.Post(_first);
    }

    /// <summary>A try behind the release: one round trip for both.</summary>
    public void Follow(LockKey key, LockMode mode, ref Effects effects)
    {
        _isBehind = true;
        _behind.Set(key, mode, isRelease: false, behind: _first);
        effects.Post(_behind);
    }

    /// <summary>The release is answered; whether a try follows it, and how.</summary>
    public bool Follows(out LockMode mode)
    {
        mode = _behind.Mode;
        var follows = _isBehind;
        _isBehind = false;
        return follows;
    }
}

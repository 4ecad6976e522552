namespace Coordination.Backends.Files;

/// <summary>Waits for a place of a lock with several holders: looks itself whenever one may be free.</summary>
/// <param name="key">The name's own key.</param>
/// <param name="places">The keys of the places that the session has not; asked outside the mutex, since the asked take locks of their own.</param>
/// <param name="holders">How many places there are.</param>
/// <param name="taken">Told which place it became.</param>
internal sealed class FilePlaceWait(LockKey key, Func<IReadOnlyList<LockKey>> places, int holders, Action<LockKey, LockKey> taken) : FileWait(key)
{
    private readonly TaskCompletionSource<PlaceGrant?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _looked = -1;
    private long _stamp = -1;
    private IReadOnlyList<LockKey> _places = [];
    private PlaceGrant? _grant;

    public Task<PlaceGrant?> Answer => _answer.Task;

    /// <inheritdoc/>
    public override void LookAgain() => _stamp = -1;

    /// <inheritdoc/>
    public override bool MayBeServed(Folder folder)
    {
        var stamp = folder.Map.PlaceStamp;
        if (stamp == _stamp)
        {
            return false;
        }

        _looked = stamp; // before the places: what changes meanwhile is looked at once more
        _places = places();
        return true;
    }

    /// <inheritdoc/>
    public override bool TrySettle(FileRoster roster, Folder folder)
    {
        if (_looked == _stamp)
        {
            return false;
        }

        _stamp = _looked;
        _grant = roster.Places.TakeFromLine(Line, _places, holders);
        if (_grant is { } grant)
        {
            taken(grant.Place, Key);
        }

        return _grant is not null;
    }

    /// <inheritdoc/>
    public override void Withdraw(FileRoster roster) => roster.Locks.Withdraw(Line);

    /// <inheritdoc/>
    public override void Tell() => _answer.TrySetResult(_grant);

    /// <inheritdoc/>
    public override void Fail(Exception cause) => _answer.TrySetException(cause);
}

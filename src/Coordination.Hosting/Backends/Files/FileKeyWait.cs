namespace Coordination.Backends.Files;

/// <summary>Waits for a key: whoever frees it grants it.</summary>
internal sealed class FileKeyWait(LockKey key, LockMode mode) : FileWait(key)
{
    private readonly TaskCompletionSource<LockGrant?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDoubted;
    private long? _token;

    public LockMode Mode { get; } = mode;

    public Task<LockGrant?> Answer => _answer.Task;

    /// <inheritdoc/>
    public override void LookAgain() => _isDoubted = true;

    /// <inheritdoc/>
    public override bool MayBeServed(Folder folder) => _isDoubted || folder.Map.ReadState(Line) is RecordState.Held;

    /// <inheritdoc/>
    public override bool TrySettle(FileRoster roster, Folder folder)
    {
        if (_isDoubted)
        {
            _isDoubted = false;
            roster.Locks.Serve(Key);
        }

        if (!MayBeServed(folder))
        {
            return false;
        }

        _token = folder.Map.Read(Line).Number;
        return true;
    }

    /// <inheritdoc/>
    public override void Withdraw(FileRoster roster) => _token = roster.Locks.Withdraw(Line);

    /// <inheritdoc/>
    public override void Tell() => _answer.TrySetResult(_token is { } token ? new LockGrant(token) : null);

    /// <inheritdoc/>
    public override void Fail(Exception cause) => _answer.TrySetException(cause);
}

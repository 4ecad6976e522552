using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>One command of an entry on its way to the server.</summary>
internal sealed class EntryCommand(ServerAnswers answers, LockEntry entry) : LockCommand
{
    /// <summary>Whose it is.</summary>
    public LockEntry Entry => entry;

    /// <inheritdoc/>
    public override IBatchAnswers Together => answers;

    public void Set(LockKey key, LockMode mode, bool isRelease, bool isPosted = false, LockCommand? behind = null) =>
        (Key, Mode, IsRelease, IsPosted, Behind, IsQueued) = (key, mode, isRelease, isPosted, behind, false);

    /// <inheritdoc/>
    public override void Complete(long? result) => answers.Answered(entry, result);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => answers.Failed(entry, cause);
}

using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>The one command of an entry on its way to the server: a second one for the same key would be counted twice there.</summary>
internal sealed class EntryCommand(ServerAnswers answers, LockEntry entry) : LockCommand
{
    public void Set(LockKey key, LockMode mode, bool isRelease) => (Key, Mode, IsRelease) = (key, mode, isRelease);

    /// <inheritdoc/>
    public override void Complete(long? result) => answers.Answered(entry, result);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => answers.Failed(entry, cause);
}

using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>
/// The release of a key that lives on a connection of its own. An object for each, and not the entry itself: the connection may be
/// given up while its answer is on the way, and the entry may be asking for something else by then.
/// </summary>
internal sealed class HomeRelease : LockCommand
{
    private readonly LockTable _table;
    private readonly LockEntry _entry;

    public HomeRelease(LockTable table, LockEntry entry, HomeLease home)
    {
        _table = table;
        _entry = entry;
        Home = home;
        (Key, Mode, IsRelease) = (entry.Key, entry.Mode, true);
    }

    public HomeLease Home { get; }

    /// <inheritdoc/>
    public override void Complete(long? result) => _table.Answers.Answered(_entry, this, result);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => _table.Answers.Answered(_entry, this, result: null);
}

using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>The release of a place on its way to the server; several may be under way for one name.</summary>
internal sealed class PlaceRelease : LockCommand
{
    private readonly PlaceAnswers _answers;
    private readonly SemaphoreEntry _entry;
    private readonly HeldPlace _place;

    public PlaceRelease(PlaceAnswers answers, SemaphoreEntry entry, HeldPlace place)
    {
        (_answers, _entry, _place) = (answers, entry, place);
        (Key, Mode, IsRelease) = (place.Key, LockMode.Exclusive, true);
    }

    /// <inheritdoc/>
    public override void Complete(long? result) => _answers.Released(_entry, _place, result);

    /// <inheritdoc/>
    public override void Fail(CoordinationException cause) => _answers.Released(_entry, _place, result: null);
}

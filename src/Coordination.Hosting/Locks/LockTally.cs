namespace Coordination.Locks;

/// <summary>How many claims of a table are held and how many wait; written under its gate, read by anybody.</summary>
internal sealed class LockTally
{
    private int _held;
    private int _waiting;

    public int Held => Volatile.Read(ref _held);

    public int Waiting => Volatile.Read(ref _waiting);

    public void AddHeld(int more) => Volatile.Write(ref _held, _held + more);

    public void AddWaiting(int more) => Volatile.Write(ref _waiting, _waiting + more);
}

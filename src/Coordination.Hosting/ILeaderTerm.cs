namespace Coordination;

/// <summary>One stay of this member in a role. Dispose it to resign; any thread may, and as often as it likes.</summary>
/// <remarks>
/// When <see cref="Lost"/> fires, stop the work and dispose the term. Nobody else begins until it is disposed, for at most the lease
/// time, as long as this member is in the group; if it is not, a successor may begin at once. A process that was frozen can still act after
/// its lease: give <see cref="Token"/> to whatever it writes to, so that the late write is refused.
/// </remarks>
public interface ILeaderTerm : IAsyncDisposable
{
    /// <summary>The role.</summary>
    string Role { get; }

    /// <summary>The number of this term, greater than that of every earlier term of the role.</summary>
    FencingToken Token { get; }

    /// <summary>
    /// Fires when the term is over or must end: the lock or the lease was lost, the member is out of the group, or it reported itself degraded. It
    /// fires before a successor can start. Live from birth, free to read, never throws, readable after dispose; a term that was resigned does not fire it any more.
    /// </summary>
    CancellationToken Lost { get; }

    /// <summary>Whether the term is neither resigned nor lost, and the lease is not over: compared with a clock at every look. No I/O.</summary>
    bool IsHeld { get; }

    /// <summary>Gives the role back; whoever waits for it gets it promptly. Never throws for a term that is lost or resigned.</summary>
    /// <returns>When the role is free for others.</returns>
    ValueTask ResignAsync();
}

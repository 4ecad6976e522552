namespace Coordination.Backends.Memory;

/// <summary>What a change under the server's gate leaves to be told once the gate is open: nobody is called under it.</summary>
internal sealed class Aftermath
{
    private readonly HashSet<ServerSession> _hinted = [];
    private readonly List<(ServerSession Session, Exception Cause)> _ended = [];
    private readonly List<(MemoryMember Member, ServerSession Broken)> _bereaved = [];

    /// <summary>Members whose session broke and who live on for the grace.</summary>
    public IReadOnlyList<(MemoryMember Member, ServerSession Broken)> Bereaved => _bereaved;

    public void Hint(IEnumerable<ServerSession> sessions) => _hinted.UnionWith(sessions);

    public void End(ServerSession session, Exception cause) => _ended.Add((session, cause));

    public void StartGrace(MemoryMember member, ServerSession broken) => _bereaved.Add((member, broken));

    /// <param name="here">Whether this thread may make the calls: true for a timer's, false for a caller's, who may hold locks.</param>
    public void Tell(bool here)
    {
        foreach (var (session, cause) in _ended)
        {
            session.Callbacks.Call(() => session.Ended(cause), here, isLast: true);
        }

        foreach (var session in _hinted)
        {
            session.Callbacks.Call(session.Hinted, here);
        }
    }
}

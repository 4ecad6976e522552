namespace Coordination.Backends.Memory;

/// <summary>What the server knows of one session. Everything that changes here changes under the server's gate.</summary>
/// <param name="profile">Who opened it.</param>
/// <param name="time">The clock of the process that opened it: its silence is measured on it.</param>
/// <param name="origin">The backend that opened it.</param>
internal sealed class ServerSession(MemberProfile profile, TimeProvider time, object origin)
{
    private readonly TaskCompletionSource<Exception> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MemberProfile Profile { get; } = profile;

    public TimeProvider Time { get; } = time;

    public object Origin { get; } = origin;

    /// <summary>What the server calls back; never under the gate.</summary>
    public SessionQueue Callbacks { get; } = new();

    /// <summary>Called when the server has ended the session.</summary>
    public Action<Exception> Ended { get; set; } = _ => { };

    /// <summary>Called when the group has a new view: a hint to beat now.</summary>
    public Action Hinted { get; set; } = () => { };

    public int ProcessId { get; set; }

    /// <summary>The group it belongs to; null before it is open.</summary>
    public MemoryGroup? Group { get; set; }

    /// <summary>The member whose session this is; null for an observer.</summary>
    public MemoryMember? Member { get; set; }

    /// <summary>What it shows of its locks.</summary>
    public Dictionary<long, ShownLock> Shown { get; } = [];

    /// <summary>When the last beat came in (a timestamp of <see cref="Time"/>).</summary>
    public long HeardAt { get; set; }

    /// <summary>Nothing from it arrives any more, and nothing reaches it, as in a network that swallows everything.</summary>
    public bool IsSilent { get; set; }

    public bool IsOver { get; private set; }

    public bool IsHeard => !IsOver && !IsSilent;

    /// <summary>Done when the session is over, with what ended it.</summary>
    public Task<Exception> Over => _over.Task;

    /// <summary>How long it may still be silent.</summary>
    public TimeSpan LeaseRemaining => Profile.LeaseTime - Time.GetElapsedTime(HeardAt);

    /// <summary>How long its member lives on after it broke: the grace, but never longer than the lease.</summary>
    public TimeSpan GraceRemaining => LeaseRemaining < Profile.CrashGrace ? LeaseRemaining : Profile.CrashGrace;

    public void SetOver(Exception cause)
    {
        IsOver = true;
        _over.TrySetResult(cause);
    }
}

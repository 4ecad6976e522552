namespace Coordination.Backends.Files;

/// <summary>A living member as its group's file has it.</summary>
/// <param name="Member">What everybody sees.</param>
/// <param name="Session">Its session; 0 since that broke.</param>
/// <param name="Lease">Its lease.</param>
/// <param name="Grace">How long it may be without a session.</param>
/// <param name="IsLeaving">Whether it said so.</param>
/// <param name="SuspectSince">When its session broke, by the machine's monotonic clock.</param>
internal sealed record MemberEntry(Member Member, long Session, TimeSpan Lease, TimeSpan Grace, bool IsLeaving, long SuspectSince)
{
    /// <summary>With what follows from the rest.</summary>
    public MemberEntry Settle() => this with
    {
        Member = Member with { Status = Session == 0 ? MemberStatus.Suspect : IsLeaving ? MemberStatus.Leaving : MemberStatus.Up },
    };
}

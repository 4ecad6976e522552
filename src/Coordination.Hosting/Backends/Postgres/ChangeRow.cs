namespace Coordination.Backends.Postgres;

/// <summary>A row of the log of views, beside the group's newest view.</summary>
internal sealed class ChangeRow : MemberRow
{
    /// <summary>The group's view at the instant of the reading.</summary>
    public long Newest { get; init; }

    public string? Kind { get; init; }

    public string? Reason { get; init; }

    public MemberChange ToChange() => new(Enum.Parse<MemberChangeKind>(Kind!, ignoreCase: true), ToMember(), Reason);
}

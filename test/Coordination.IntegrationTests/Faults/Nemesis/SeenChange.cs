namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>A change as a process saw it.</summary>
internal sealed record SeenChange(string Kind, SeenMember Member, string? Reason)
{
    /// <summary>Whether the member is in the view no more.</summary>
    public bool IsEnd => Kind is nameof(MemberChangeKind.Died) or nameof(MemberChangeKind.Left) or nameof(MemberChangeKind.Superseded);

    public override string ToString() => $"{Kind} {Member}{(Reason is null ? string.Empty : $" ({Reason})")}";
}

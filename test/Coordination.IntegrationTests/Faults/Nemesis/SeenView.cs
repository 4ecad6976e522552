namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>A view as one process saw it.</summary>
/// <param name="Process">Who saw it.</param>
/// <param name="At">When it said so, in seconds.</param>
/// <param name="Epoch">Of the view's number.</param>
/// <param name="Number">The number within the epoch.</param>
/// <param name="IsReset">Whether views before it were not shown.</param>
/// <param name="Members">Who was in it.</param>
/// <param name="Changes">What had happened.</param>
/// <param name="Content">All that it showed of its members, in words.</param>
internal sealed record SeenView(
    string Process, double At, long Epoch, long Number, bool IsReset, IReadOnlyList<SeenMember> Members, IReadOnlyList<SeenChange> Changes, string Content)
{
    public bool Has(long number) => Members.Any(member => member.Number == number);

    public override string ToString() => $"view {Epoch}.{Number}{(IsReset ? " reset" : string.Empty)} {{{string.Join(", ", Members)}}} {string.Join("; ", Changes)}";
}

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>One thing that was done to a process, or to the database and so to all.</summary>
/// <param name="Kind">What.</param>
/// <param name="Member">Whom; null for the database.</param>
/// <param name="From">A moment before it began, in seconds.</param>
/// <param name="To">A moment after it was over, in seconds.</param>
internal sealed record Strike(StrikeKind Kind, string? Member, double From, double To)
{
    public override string ToString() => $"{Kind} {Member ?? "the database"} for {To - From:0.000} s";
}

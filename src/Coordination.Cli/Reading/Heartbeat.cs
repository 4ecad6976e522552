namespace Coordination.Reading;

/// <summary>When a member was heard, and whether that is too long ago: where nobody is left to judge it, its status stays what it was.</summary>
/// <param name="At">The last one, by the server's clock.</param>
/// <param name="OverdueAfter">How long the next one may take.</param>
internal readonly record struct Heartbeat(DateTimeOffset At, TimeSpan OverdueAfter)
{
    /// <summary>Behind the age of one that is overdue.</summary>
    public const string Late = " late";

    public bool IsLate(DateTimeOffset now) => now - At > OverdueAfter;
}

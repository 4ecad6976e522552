namespace Coordination.Operating;

/// <summary>How a thing is.</summary>
internal enum Verdict
{
    Good,

    /// <summary>It works, and somebody should know.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Fault,
}

namespace Coordination.Running;

/// <summary>What a guard is told.</summary>
internal enum GuardVerb
{
    /// <summary>The command must not live beyond an instant.</summary>
    Until,

    /// <summary>The command may begin.</summary>
    Go,

    /// <summary>The command is to get a signal.</summary>
    Signal,
}

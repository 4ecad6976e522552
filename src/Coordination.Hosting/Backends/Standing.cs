namespace Coordination.Backends;

/// <summary>What the group holds us for.</summary>
internal enum Standing
{
    /// <summary>A living member (or an observer, who is always welcome).</summary>
    Good,

    /// <summary>Not a living member any more: declared dead, superseded, or evicted by hand.</summary>
    Gone,

    /// <summary>The server is a standby now: its locks prove nothing.</summary>
    Standby,
}

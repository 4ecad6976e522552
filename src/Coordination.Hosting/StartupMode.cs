namespace Coordination;

/// <summary>Whether the host may start without the backend.</summary>
public enum StartupMode
{
    /// <summary>The host starts when this process has joined, and fails to start when that takes too long.</summary>
    Required = 0,

    /// <summary>The host starts at once and reports Unhealthy until this process has joined; it keeps trying.</summary>
    Background = 1,
}

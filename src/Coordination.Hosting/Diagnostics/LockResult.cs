namespace Coordination.Diagnostics;

/// <summary>How an attempt to get a lock ended, as metrics and spans say it.</summary>
internal static class LockResult
{
    public const string Acquired = "acquired";

    /// <summary>The time for waiting was over.</summary>
    public const string Timeout = "timeout";

    /// <summary>It was busy, and the caller did not want to wait.</summary>
    public const string NotAcquired = "not_acquired";

    /// <summary>The caller's token fired.</summary>
    public const string Canceled = "canceled";

    /// <summary>Something else; the attribute <c>error.type</c> says what.</summary>
    public const string Error = "error";
}

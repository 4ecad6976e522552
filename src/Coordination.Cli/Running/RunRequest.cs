namespace Coordination.Running;

/// <summary>A command to be run under a lock or in a role.</summary>
internal sealed record RunRequest
{
    /// <summary>The lock, or the role.</summary>
    public required string Name { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public LockMode Mode { get; init; } = LockMode.Exclusive;

    /// <summary>How long to wait for the lock; null for ever, zero not at all.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>How long a command whose lock is lost has between SIGTERM and SIGKILL at most.</summary>
    public TimeSpan KillAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the lock is held before the command begins.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(1);

    public int ConflictExitCode { get; init; } = Shell.ExitCodes.NotAcquired;
}

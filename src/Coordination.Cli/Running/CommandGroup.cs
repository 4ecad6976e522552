using System.ComponentModel;
using System.Diagnostics;

namespace Coordination.Running;

/// <summary>The guard and what it has started: signalled only while their number cannot be somebody else's.</summary>
/// <param name="guard">The guard.</param>
/// <param name="isApart">Whether it leads a process group of its own.</param>
internal sealed class CommandGroup(Process guard, bool isApart)
{
    private readonly int _leader = guard.Id;

    /// <summary>Signals all that are in the group; of a guard that has not left our group yet, itself alone: it keeps the signal for the command.</summary>
    public void Signal(int signal)
    {
        if (IsOurs && Unix.Kill(-_leader, signal) != 0 && Unix.IsUnreaped(_leader))
        {
            _ = Unix.Kill(_leader, signal);
        }
    }

    /// <summary>Ends the guard, the command, and all that it has started. Whatever runs as somebody else is left, and found by <see cref="Orphans.End"/>.</summary>
    public void Kill()
    {
        if (isApart && IsOurs)
        {
            _ = Unix.Kill(-_leader, Unix.SigKill);
        }

        try
        {
            guard.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is Win32Exception or AggregateException or InvalidOperationException)
        {
            // One of the tree may not be ended by us, and the others are; or it is over.
        }
    }

    /// <summary>Ends what is left in the group of a guard that has ended.</summary>
    public void KillRest()
    {
        if (isApart && IsOurs)
        {
            _ = Unix.Kill(-_leader, Unix.SigKill);
        }
    }

    /// <summary>
    /// A group's number is given away when the last of it is gone, and a process's when somebody has waited for it. Our runtime waits for the guard in
    /// an instant of its own choice; afterwards the group is ours as long as a child of ours is in it, for whom nobody else waits.
    /// </summary>
    private bool IsOurs => Unix.IsUnreaped(_leader) || !OperatingSystem.IsLinux() || Orphans.Children().Any(child => Unix.GroupOf(child) == _leader);
}

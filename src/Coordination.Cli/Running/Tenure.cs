using Coordination.Leadership;
using Coordination.Locks;

namespace Coordination.Running;

/// <summary>What a command runs under: a lock, or a term of a role, which is a lock too.</summary>
/// <param name="Name">For the command's environment.</param>
/// <param name="Token">The fencing token.</param>
/// <param name="Lost">Fires when it is over before it was given back.</param>
/// <param name="Believed">How long it may be believed without another answer of the server.</param>
/// <param name="GiveBackAsync">Gives it back; false when it was lost.</param>
internal sealed record Tenure(string Name, FencingToken Token, CancellationToken Lost, Func<TimeSpan> Believed, Func<ValueTask<bool>> GiveBackAsync)
{
    public static Tenure Of(ILockHandle handle) => new(
        handle.Name.ToString(), handle.Token, handle.Lost, () => ((LockHandle)handle).BelievedFor, async () => await handle.ReleaseAsync().ConfigureAwait(false) is ReleaseOutcome.Released);

    public static Tenure Of(ILeaderTerm term) => new(
        term.Role, term.Token, term.Lost, () => ((LockHandle)((LeaderTerm)term).Handle).BelievedFor, async () =>
        {
            var isHeld = term.IsHeld;
            await term.ResignAsync().ConfigureAwait(false);
            return isHeld;
        });
}

namespace Coordination.Backends;

/// <summary>What a newcomer is told that may take nobody's place (<see cref="OnNameConflict.Fail"/>), where it is known when a session breaks: on all backends but PostgreSQL.</summary>
internal static class NameConflict
{
    /// <summary>The refusal.</summary>
    /// <param name="number">The member that has the id.</param>
    /// <param name="isLost">Whether it has no session now. It may come back within its grace, and is judged dead after it: one of the two is known soon, so trying again is worth it.</param>
    /// <param name="newcomer">Who is refused.</param>
    public static CoordinationException With(long number, bool isLost, MemberProfile newcomer) => isLost
        ? new CoordinationUnavailableException(
            $"Member '{newcomer.MemberId}' of group '{newcomer.Group}' (number {number}) has lost its connections and may come back. " +
            "Its place is free when its CrashGrace is over; set OnNameConflict to Supersede to have it sooner.")
        : new CoordinationConfigurationException(
            $"Member id '{newcomer.MemberId}' belongs to a living member of group '{newcomer.Group}' (number {number}), " +
            "and OnNameConflict is Fail. Stop that process, give this one another MemberId, or set OnNameConflict to Supersede.");
}

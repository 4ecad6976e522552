namespace Coordination;

/// <summary>Where this process stands in its group.</summary>
public enum MembershipState
{
    /// <summary>Not in the group yet: connecting, or about to.</summary>
    Joining = 0,

    /// <summary>A member with a valid lease.</summary>
    Joined = 1,

    /// <summary>The connection is broken but the lease is not over: still a member for the others, coming back.</summary>
    Suspect = 2,

    /// <summary>The lease is over or the group has gone on without us; a new join is under way.</summary>
    Lost = 3,

    /// <summary>On the way out: takes no new work.</summary>
    Leaving = 4,

    /// <summary>Not in the group any more.</summary>
    Left = 5,

    /// <summary>Reads and watches the group without being a member.</summary>
    Observing = 6,
}

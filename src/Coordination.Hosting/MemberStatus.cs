namespace Coordination;

/// <summary>What the group knows of a member.</summary>
public enum MemberStatus
{
    /// <summary>In the group, not ready for work yet.</summary>
    Joining = 0,

    /// <summary>Alive and ready for work.</summary>
    Up = 1,

    /// <summary>Its connection is broken; it may come back within the grace.</summary>
    Suspect = 2,

    /// <summary>On the way out: finishes what it has, takes nothing new.</summary>
    Leaving = 3,
}

namespace Coordination;

/// <summary>What happened to a member between two views.</summary>
public enum MemberChangeKind
{
    /// <summary>Came into the group.</summary>
    Joined = 0,

    /// <summary>Went in order.</summary>
    Left = 1,

    /// <summary>Was declared dead by another member.</summary>
    Died = 2,

    /// <summary>Its connection broke.</summary>
    Suspected = 3,

    /// <summary>Its connection came back.</summary>
    Recovered = 4,

    /// <summary>A new process with the same member id took its place.</summary>
    Superseded = 5,

    /// <summary>Changed its status, url or metadata.</summary>
    Updated = 6,
}

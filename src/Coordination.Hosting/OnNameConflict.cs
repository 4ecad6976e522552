namespace Coordination;

/// <summary>What to do when a living member has our member id.</summary>
public enum OnNameConflict
{
    /// <summary>Take its place: its session on the server is ended, and it leaves the group as superseded.</summary>
    Supersede = 0,

    /// <summary>Refuse to start and change nothing.</summary>
    Fail = 1,
}

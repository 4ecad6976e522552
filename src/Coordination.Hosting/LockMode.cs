namespace Coordination;

/// <summary>Whether a holder tolerates other holders of the same name.</summary>
public enum LockMode
{
    /// <summary>One holder, nobody beside it. The default.</summary>
    Exclusive = 0,

    /// <summary>Any number of shared holders, no exclusive one beside them.</summary>
    Shared = 1,
}

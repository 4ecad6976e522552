namespace Coordination;

/// <summary>What happened to a partition, as its process sees it.</summary>
public enum PartitionChangeKind
{
    /// <summary>This process owns it now; its run is about to start.</summary>
    Assigned = 0,

    /// <summary>This process does not own it any more: given away after its run had ended, or lost with the lease.</summary>
    Revoked = 1,
}

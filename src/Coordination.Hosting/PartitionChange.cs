namespace Coordination;

/// <summary>A partition came to this process or went from it.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Token">The number of the grant that began or ended.</param>
public sealed record PartitionChange(PartitionChangeKind Kind, int Partition, FencingToken Token);

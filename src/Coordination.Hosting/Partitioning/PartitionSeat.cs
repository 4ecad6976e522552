namespace Coordination.Partitioning;

/// <summary>A member that can own partitions.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Id">Its id.</param>
/// <param name="Hash">The hash of its id.</param>
/// <param name="Weight">Its share beside the others'.</param>
/// <param name="Since">When we saw it come; <see cref="TimeSpan.MinValue"/> when it was there before us.</param>
internal sealed record PartitionSeat(long Number, string Id, ulong Hash, double Weight, TimeSpan Since);

namespace Coordination.Partitioning;

/// <summary>A member that can own partitions, or keep those that it has.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Id">Its id.</param>
/// <param name="Hash">The hash of its id.</param>
/// <param name="Weight">Its share beside the others'.</param>
/// <param name="IsCandidate">Whether it can be given new ones: it is not degraded, or all are.</param>
/// <param name="Since">When we saw it come, or become a candidate; <see cref="TimeSpan.MinValue"/> when it was there before us.</param>
internal sealed record PartitionSeat(long Number, string Id, ulong Hash, double Weight, bool IsCandidate, TimeSpan Since);

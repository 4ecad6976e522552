namespace Coordination;

/// <summary>A partition that has an owner.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="Owner">The id of the member that owns it.</param>
/// <param name="Since">Since when, by the server's clock.</param>
/// <param name="Token">The token of the grant.</param>
public sealed record PartitionReport(int Partition, string Owner, DateTimeOffset Since, FencingToken Token);

namespace Coordination;

/// <summary>A partitioned service and who owns what of it.</summary>
/// <param name="Name">The name of the service.</param>
/// <param name="Count">How many partitions it has, by the word of the member with the lowest number.</param>
/// <param name="Owned">Those that have had an owner for longer than about a second, by number.</param>
public sealed record PartitionedServiceReport(string Name, int Count, IReadOnlyList<PartitionReport> Owned);

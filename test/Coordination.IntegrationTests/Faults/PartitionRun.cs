namespace Coordination.IntegrationTests.Faults;

/// <summary>One run of one partition in a real process, by the clock that all processes share.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Token">The number of its grant.</param>
/// <param name="Process">Who ran it.</param>
/// <param name="Begin">A moment after it had begun.</param>
/// <param name="End">A moment before it ended, or when its process was killed; null while it runs.</param>
internal sealed record PartitionRun(int Partition, long Token, int Process, long Begin, long? End);

namespace Coordination.Benchmarks.Members;

/// <summary>What it takes until all members of a group that start at once are in it.</summary>
/// <param name="Joined">Until the last one had joined, in seconds.</param>
/// <param name="Seen">Until each of them saw all of them.</param>
/// <param name="ServerProcessor">Processor time of the server until then, in seconds.</param>
/// <param name="OwnProcessor">Processor time of the members until then, in seconds.</param>
/// <param name="Transactions">Committed until then; most statements are one.</param>
internal sealed record JoinFigures(double Joined, double Seen, double ServerProcessor, double OwnProcessor, double Transactions);

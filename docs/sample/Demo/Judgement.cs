namespace Conductors.Demo;

/// <summary>What the database says about the locks.</summary>
/// <param name="Held">How often a node was worked on under its lock.</param>
/// <param name="Conductors">By how many conductors.</param>
/// <param name="TakenOver">How often a node was taken over from a dead holder.</param>
/// <param name="LateWrites">Writes of a dead holder that arrived after its successor's; their tokens made them harmless.</param>
/// <param name="Faults">Two holders at once, or a token that did not rise; empty when all is well.</param>
internal sealed record Judgement(long Held, long Conductors, long TakenOver, long LateWrites, IReadOnlyList<string> Faults);

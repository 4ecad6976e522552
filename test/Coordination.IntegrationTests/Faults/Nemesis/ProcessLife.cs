namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>One process, from its start to its end.</summary>
/// <param name="Process">Its name, never used again.</param>
/// <param name="Member">The member id that it joined under; a later process may have the same.</param>
/// <param name="From">When it had joined, in seconds.</param>
/// <param name="To">A moment before it was killed or told to stop; infinite while it lives.</param>
internal sealed record ProcessLife(string Process, string Member, double From, double To);

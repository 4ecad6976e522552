namespace Coordination.IntegrationTests.Cli;

/// <summary>A command that has begun.</summary>
/// <param name="Machine">On which machine.</param>
/// <param name="Command">Its process.</param>
/// <param name="Guard">Its guard's process.</param>
internal readonly record struct GuardStart(int Machine, int Command, int Guard);

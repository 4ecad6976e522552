namespace Coordination.Benchmarks;

/// <summary>One of those that are compared: runs for about that long and says what it reached, in the unit of the figure.</summary>
internal sealed record Entry(string Name, Func<TimeSpan, Task<double>> RunAsync);

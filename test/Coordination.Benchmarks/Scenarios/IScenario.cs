namespace Coordination.Benchmarks.Scenarios;

/// <summary>One thing that is measured.</summary>
internal interface IScenario
{
    string Name { get; }

    IAsyncEnumerable<Figure> RunAsync(Setting setting);
}

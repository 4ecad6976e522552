namespace Coordination.UnitTests.Hosting;

/// <summary>Tests that change what belongs to the whole process (its environment, its exit code) run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";
}

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>Tests that load the machine or measure it: they run one after another, when the parallel ones are over.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

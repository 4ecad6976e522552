namespace Conductors.Demo;

/// <summary>The schemas of one run.</summary>
/// <param name="Nodes">The conductors' own tables.</param>
/// <param name="Coordination">The tables of the library.</param>
internal sealed record DemoSchemas(string Nodes, string Coordination);

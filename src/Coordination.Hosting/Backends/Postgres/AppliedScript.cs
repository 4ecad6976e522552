namespace Coordination.Backends.Postgres;

/// <summary>A script that the schema remembers.</summary>
internal sealed class AppliedScript
{
    public int Version { get; init; }

    /// <summary>The oldest version that a program may know and still work.</summary>
    public int WorksFrom { get; init; }
}

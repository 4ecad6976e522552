namespace Coordination.Endpoints;

/// <summary>What runs under the lock: the rest of the pipeline of an endpoint.</summary>
internal abstract class LockedBody
{
    /// <summary>Runs it.</summary>
    /// <returns>The exception it ended with, where the framework hands it over instead of throwing; else null.</returns>
    public abstract ValueTask<Exception?> RunAsync();
}

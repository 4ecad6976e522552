namespace Coordination.PostgresBinaries;

/// <summary>No binaries were fetched; the message says why and what to do.</summary>
internal sealed class FetchException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Nobody is at fault: the registry did not give them, or the user forbids to ask it.</summary>
    public bool IsUnavailable { get; init; }
}

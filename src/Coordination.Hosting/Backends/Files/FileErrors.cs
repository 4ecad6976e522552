namespace Coordination.Backends.Files;

/// <summary>What may go wrong with files, as what it means.</summary>
internal static class FileErrors
{
    public static CoordinationException Translate(Exception e, string root) => e switch
    {
        CoordinationException known => known,
        UnauthorizedAccessException => FolderProof.Refusal(root, e),
        IOException => new CoordinationUnavailableException($"Folder '{root}' cannot be read or written now: {e.Message.TrimEnd('.')}. Trying again.", e),
        _ => new CoordinationUnavailableException($"The session with '{root}' failed: {e.Message.TrimEnd('.')}. Trying again.", e),
    };
}

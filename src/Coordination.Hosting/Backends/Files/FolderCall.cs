namespace Coordination.Backends.Files;

/// <summary>Something that a session's thread is asked to do.</summary>
internal abstract class FolderCall
{
    /// <summary>Whether it is done inside the folder's mutex.</summary>
    public required bool IsInside { get; init; }

    /// <summary>Does it.</summary>
    public abstract void Run();

    /// <summary>Tells whoever asked, outside the mutex.</summary>
    public abstract void Tell();

    public abstract void Fail(Exception cause);
}

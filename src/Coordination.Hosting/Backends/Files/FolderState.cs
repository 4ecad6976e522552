namespace Coordination.Backends.Files;

/// <summary>Where the shared memory of a folder is now.</summary>
/// <param name="Boot">Which start of the machine it belongs to.</param>
/// <param name="Epoch">Where tokens and numbers of members begin, and the upper part of every view; see <see cref="FolderEpoch"/>.</param>
/// <param name="Generation">Rises when a process was stuck inside the mutex and the others went on without it.</param>
internal sealed record FolderState(string Boot, long Epoch, long Generation);

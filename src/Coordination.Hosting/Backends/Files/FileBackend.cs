using System.Data.Common;

namespace Coordination.Backends.Files;

/// <summary>Groups and locks in a folder: the same meaning as on PostgreSQL, for the processes of one machine.</summary>
/// <param name="root">The folder.</param>
/// <param name="description">What to show to people.</param>
/// <param name="time">The machine's clock: all processes of the folder read the same.</param>
internal sealed class FileBackend(string root, string description, TimeProvider time) : IBackend
{
    /// <inheritdoc/>
    public string Description => description;

    /// <inheritdoc/>
    public async Task<IBackendSession> JoinAsync(MemberProfile profile, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken) =>
        (await FileSession.OpenAsync(root, time, profile, events, attach: null, cancellationToken).ConfigureAwait(false))!;

    /// <inheritdoc/>
    public async Task<IBackendSession?> AttachAsync(
        MemberProfile profile, long memberNumber, ViewNumber seen, ISessionEvents events, CancellationToken cancellationToken) =>
        await FileSession.OpenAsync(root, time, profile, events, (memberNumber, seen), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<bool> TryLockInTransactionAsync(DbTransaction transaction, LockKey key, LockMode mode, TimeSpan? patience, CancellationToken cancellationToken) =>
        throw new NotSupportedException("file:// has no transactions: a lock there cannot end with one of a database. Use a handle from AcquireAsync, or PostgreSQL as the backend.");

    /// <inheritdoc/>
    public Task<GroupFacts> SurveyAsync(MemberProfile profile) => Task.Run(() =>
    {
        try
        {
            FolderProof.Prepare(root);
            using var folder = Folder.Open(root, time);
            var roster = new FileRoster(folder, time);
            while (true)
            {
                folder.Enter();
                GroupFacts? facts;
                bool counts;
                try
                {
                    facts = new FileBoard(folder, roster, time).Survey(profile.Group);
                }
                finally
                {
                    counts = folder.TryLeave();
                }

                if (counts)
                {
                    return facts ?? throw new CoordinationUnavailableException($"Nobody has come into group '{profile.Group}' on {Description} yet. Start the host first.") { IsUnknownGroup = true };
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Translate(e, root);
        }
    });

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask; // sessions are their owners'
}

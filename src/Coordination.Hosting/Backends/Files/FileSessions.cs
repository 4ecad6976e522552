namespace Coordination.Backends.Files;

/// <summary>The sessions of a folder, and whether they live.</summary>
internal sealed class FileSessions(Folder folder, TimeProvider time)
{
    /// <summary>How long others may look at a lock file that we are about to take.</summary>
    private static readonly TimeSpan Looks = TimeSpan.FromSeconds(1);

    private const int SlotMask = StateMap.MostSessions - 1;

    public static int SlotOf(long session) => (int)(session & SlotMask);

    /// <summary>Enters a new one.</summary>
    /// <param name="profile">Whose it is.</param>
    /// <param name="lifeline">Held by the system for as long as the process lives.</param>
    public SessionSlot Register(MemberProfile profile, out KernelLock lifeline)
    {
        Sweep();
        var map = folder.Map;
        var slot = 0;
        while (slot < StateMap.MostSessions && map.ReadNumber(slot) != 0)
        {
            slot++;
        }

        if (slot == StateMap.MostSessions)
        {
            throw new CoordinationUnavailableException(
                $"{StateMap.MostSessions} processes use '{folder.Paths.Root}', and it has room for no more. Stop some, or use PostgreSQL.");
        }

        map.SlotCount = Math.Max(map.SlotCount, slot + 1);
        var session = new SessionSlot
        {
            Number = (++map.LastSession << StateMap.SlotBits) | (uint)slot,
            HeardAt = Math.Max(time.GetTimestamp(), map.ReadHeartbeat(slot) + 1), // another word than the last one's, who may be about to swap its own
            Lease = (long)(profile.LeaseTime.TotalSeconds * time.TimestampFrequency),
            Group = FolderPaths.GroupOf(profile.Group),
        };
        FolderFile.Write(
            folder.Paths.Card(session.Number),
            new SessionCard(profile.Group, profile.MemberId, profile.Observe, Environment.ProcessId, []),
            FolderJson.Default.SessionCard);
        lifeline = KernelLock.Open(folder.Paths.Lifeline(session.Number));
        var since = time.GetTimestamp();
        for (var spinner = default(SpinWait); !lifeline.TryTake(); spinner.SpinOnce())
        {
            // Whoever opens the folder looks at all lock files, and a look is a lock for an instant.
            if (time.GetElapsedTime(since) > Looks)
            {
                lifeline.Dispose();
                throw new CoordinationUnavailableException(
                    $"'{folder.Paths.Lifeline(session.Number)}', which is new, has been locked by another program for {Looks.TotalSeconds:0} s: something that opens every file, such as a backup or a scanner. " +
                    "Find it with lslocks or fuser, and keep it out of the folder.");
            }
        }

        map.WriteSession(slot, session); // from now on others look whether it lives
        return session;
    }

    /// <summary>Removes files of sessions that are over: of one whose burial or joining a kill interrupted, or that showed something in its last instant.</summary>
    private void Sweep()
    {
        foreach (var file in Directory.EnumerateFiles(folder.Paths.Sessions))
        {
            if (FolderPaths.SessionOf(file) is { } session && !TryFind(session, out _) && !folder.Map.Retired)
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>The member becomes known when its number is drawn.</summary>
    public void WriteMember(SessionSlot session) => folder.Map.WriteMember(SlotOf(session.Number), session.Member);

    /// <summary>All sessions of a group, or of all.</summary>
    public IEnumerable<SessionSlot> All(long? group = null)
    {
        for (var slot = 0; slot < folder.Map.SlotCount; slot++)
        {
            if (folder.Map.ReadSession(slot) is { Number: not 0 } session && (group is null || session.Group == group))
            {
                yield return session;
            }
        }
    }

    public bool TryFind(long session, out SessionSlot found)
    {
        found = folder.Map.ReadSession(SlotOf(session));
        return session != 0 && found.Number == session;
    }

    /// <summary>Why a session is over although it has not said so; null when it lives.</summary>
    public string? Verdict(SessionSlot session) => SilentFor(session) is { } silence ? Silent(silence) : Gone(session);

    /// <summary>The verdict that is carried out, inside the mutex: who is over for its silence cannot beat any more.</summary>
    public string? Condemn(SessionSlot session)
    {
        if (Silence(session) is not var (silence, heard))
        {
            return Gone(session);
        }

        // It may have beaten since the look, and then it believes that its lease goes on.
        return heard == SessionSlot.Condemned || folder.Map.TryCondemn(SlotOf(session.Number), heard) ? Silent(silence) : null;
    }

    /// <summary>How long it has been silent, when that is longer than its lease.</summary>
    public TimeSpan? SilentFor(SessionSlot session) => Silence(session)?.Silence;

    /// <summary>The session is over and nothing of it is left. The slot last: who is killed in between leaves the rest to the next one.</summary>
    public void Remove(long session)
    {
        File.Delete(folder.Paths.Card(session));
        File.Delete(folder.Paths.Lifeline(session));
        if (TryFind(session, out _))
        {
            folder.Map.FreeSession(SlotOf(session));
        }
    }

    private static string Silent(TimeSpan silence) => $"silent for {silence.TotalSeconds:0.###} s";

    private string? Gone(SessionSlot session) => KernelLock.IsHeld(folder.Paths.Lifeline(session.Number)) is false
        ? "its process is gone"
        : null; // also when somebody has tidied its file away: then its silence will tell

    private (TimeSpan Silence, long Heard)? Silence(SessionSlot session)
    {
        // The clock first, and then the word anew: a judge that stood still in between would count its own silence against somebody who beats.
        var now = time.GetTimestamp();
        Interlocked.MemoryBarrier();
        var isThere = TryFind(session.Number, out var found);
        Interlocked.MemoryBarrier();
        if (!isThere || folder.Map.Retired)
        {
            return null; // over; or the others have gone on with a copy and beat there: here they all look silent
        }

        // Condemned: by somebody who was killed before the burial.
        var silence = found.HeardAt == SessionSlot.Condemned ? session.Lease : now - found.HeardAt;
        return found.HeardAt == SessionSlot.Condemned || silence > session.Lease
            ? (TimeSpan.FromSeconds((double)silence / time.TimestampFrequency), found.HeardAt)
            : null;
    }
}

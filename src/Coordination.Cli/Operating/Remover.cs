using System.Globalization;
using Coordination.Backends.Postgres;
using Coordination.Connecting;
using Coordination.Shell;

namespace Coordination.Operating;

/// <summary><c>evict</c> and <c>release</c>: what is done to somebody else, and written into the group's history.</summary>
internal sealed class Remover(Place place, string? reason, bool isMeant, Voice voice)
{
    /// <summary>Takes a member out of the group and ends its sessions.</summary>
    public async Task<int> EvictAsync(string member)
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var bench = new Bench(gate, place);
        if (!isMeant)
        {
            throw CliFault.Usage($"This takes '{member}' out of group '{place.Group}' and ends its sessions; all its locks become free at once, while it may still be at work. Repeat it with --yes.");
        }

        var (wasMember, sessions, ended) = await bench.AskAsync("eviction", database => database.Evict(member, Bench.Note("evicted", reason))).ConfigureAwait(false);
        if (!wasMember && sessions == 0)
        {
            voice.Remark($"Group '{place.Group}' has no member or observer '{member}'. coordination members -o name lists the members.");
            return ExitCodes.Negative;
        }

        voice.Results.WriteLine(PlainText.Of($"{member} evicted"));
        voice.Remark(string.Create(CultureInfo.InvariantCulture,
            $"{(wasMember ? "It is out of the group" : "It only looked on")}, and {ended} of its {sessions} sessions were ended. A process that lives comes back as a new member."));
        return sessions == ended ? ExitCodes.Success : Refused(sessions - ended);
    }

    /// <summary>Ends the sessions that hold a lock.</summary>
    public async Task<int> ReleaseAsync(LockName name)
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var bench = new Bench(gate, place);
        var key = bench.KeyOf(name);
        var holders = await bench.AskAsync("forced release", database => database.HoldersOf(key)).ConfigureAwait(false);
        if (holders.Count == 0)
        {
            voice.Remark($"Nobody holds '{name}' (with the lock prefix and key format of group '{place.Group}').");
            return ExitCodes.Negative;
        }

        if (!isMeant)
        {
            throw CliFault.Usage(
                $"'{name}' is held by {string.Join(", ", holders.Select(Describe))}. A lock ends with its session: this ends it, with all locks of that session, while the holder may still be at work. " +
                "Repeat it with --force --yes.");
        }

        var (ended, refused) = (0, 0);
        foreach (var holder in holders)
        {
            var end = await bench.AskAsync("forced release", database => database.EndHolder(key, holder, Bench.Note($"session ended to release lock '{name}'", reason))).ConfigureAwait(false);
            voice.Results.WriteLine(PlainText.Of(end switch
            {
                HolderEnd.Ended => $"{name} released from {Describe(holder)}",
                HolderEnd.LetGo => $"{name} already let go by {Describe(holder)}",
                _ => $"{name} not released from {Describe(holder)}",
            }));
            ended += end is HolderEnd.Ended ? 1 : 0;
            refused += end is HolderEnd.Refused ? 1 : 0;
        }

        if (refused > 0)
        {
            return Refused(refused);
        }

        if (ended == 0)
        {
            voice.Remark($"'{name}' was let go meanwhile: no session was ended. Whoever has it now got it since; repeat the command if that is meant as well.");
        }

        return ended > 0 ? ExitCodes.Success : ExitCodes.Negative;
    }

    private static string Describe(LockHolder holder) => holder.Member ?? string.Create(CultureInfo.InvariantCulture, $"process {holder.Pid} of the server ({holder.Application})");

    private int Refused(int sessions)
    {
        voice.Remark(string.Create(CultureInfo.InvariantCulture,
            $"{sessions} could not be ended: they belong to another role, or have ended by themselves. Log in as their role, or as one that is a member of pg_signal_backend and pg_read_all_stats."));
        return ExitCodes.Negative;
    }
}

namespace Coordination.Partitioning;

/// <summary>Which partitions this process wants, view after view. Pure; the caller says what time it is and what is held.</summary>
/// <remarks>
/// <para>The target of a partition is its rendezvous owner among the members that run the service: a function of the view, the same for all.
/// A target always wants its partitions. Who holds one keeps it until its target has been there for the settle time: members that come and
/// go in a rolling restart then cost fewer moves, and a partition without an owner goes at once to where it ends.
/// Who of the two has it in the meantime is decided by the partition's lock, so nothing depends on everybody seeing a member come at the same moment.</para>
/// <para>A degraded member is nobody's target. What it holds and would be given if it were well, it keeps; the target of that waits for as long.</para>
/// <para>Members must agree about the number of partitions, or a key has two. Members count in the order in which they joined: the first that
/// names another number than those before it ends the list, and nobody from there on owns anything. Numbers rise, so nobody can come to
/// stand before a member that owns something, and whoever owned something under another number was gone before.</para>
/// </remarks>
internal sealed class PartitionPlan
{
    private readonly string _note;
    private readonly int _count;
    private readonly TimeSpan _settle;
    private readonly ulong[] _keys;
    private readonly (PartitionSeat? Seat, double Bid)[] _targets;
    private Dictionary<long, PartitionSeat> _seats = [];
    private bool _hasBegun;

    public PartitionPlan(string service, int count, TimeSpan settle)
    {
        (_note, _count, _settle) = (PartitionNote.KeyOf(service), count, settle);
        _keys = [.. Enumerable.Range(0, count).Select(partition => RendezvousHash.Of($"{service}/{partition}"))];
        _targets = new (PartitionSeat?, double)[count];
    }

    /// <summary>The first member with another number of partitions than those before it; it and all later ones own nothing.</summary>
    public Member? Deviating { get; private set; }

    /// <summary>Whether the first members know as many partitions as we do.</summary>
    public bool IsAgreed { get; private set; }

    /// <summary>What this process wants: to take, or to keep.</summary>
    public IReadOnlySet<int> Wanted { get; private set; } = new HashSet<int>();

    /// <summary>When to look again although no view has come; null when nothing changes without one.</summary>
    public TimeSpan? Due { get; private set; }

    /// <summary>The number of the member that the view gives a partition to; 0 when nobody can have it.</summary>
    public long TargetOf(int partition) => _targets[partition].Seat?.Number ?? 0;

    /// <summary>How long until a member has been there for the settle time; zero for one that was there before us and for one that cannot own.</summary>
    public TimeSpan SettlesIn(long member, TimeSpan now) =>
        _seats.GetValueOrDefault(member) is { } seat && seat.Since != TimeSpan.MinValue ? seat.Since + _settle - now : TimeSpan.Zero;

    /// <summary>Goes on to a view, or looks at the same one again.</summary>
    /// <param name="view">The newest view.</param>
    /// <param name="self">Our number in it, or 0.</param>
    /// <param name="held">The partitions that we hold.</param>
    /// <param name="now">Any clock that goes on evenly.</param>
    public void Follow(GroupView view, long self, IReadOnlySet<int> held, TimeSpan now)
    {
        // Who was there before us is not waited for: what it owns, it owns.
        Seat(Eligible(view), _hasBegun ? now : TimeSpan.MinValue);
        _hasBegun = true;
        Choose(self, held, now);
    }

    private List<Member> Eligible(GroupView view)
    {
        int? agreed = null;
        List<Member> ready = [];
        Deviating = null;
        foreach (var member in view.Members)
        {
            if (PartitionNote.Read(member, _note) is not { } note)
            {
                continue;
            }

            // Also one that is starting or leaving has a say: it may own something in a moment, or still.
            agreed ??= note.Count;
            if (note.Count != agreed || agreed != _count)
            {
                Deviating = member;
                break;
            }

            if (note.IsReady && member.CanOwn)
            {
                ready.Add(member);
            }
        }

        IsAgreed = agreed is null || agreed == _count;
        return ready;
    }

    // Keeps the targets right by what has changed only: in a large group a view changes one member of thousands.
    private void Seat(List<Member> members, TimeSpan now)
    {
        Dictionary<long, PartitionSeat> seats = new(members.Count);
        List<PartitionSeat> come = [];
        var areAllDegraded = members.TrueForAll(member => member.IsDegraded); // then they are as good as each other, and somebody has to work
        foreach (var member in members)
        {
            var isCandidate = areAllDegraded || !member.IsDegraded;
            var known = _seats.GetValueOrDefault(member.Number); // null: it has just come
            var since = known is null || (isCandidate && !known.IsCandidate) ? now : known.Since;
            var seat = new PartitionSeat(member.Number, member.Id, known?.Hash ?? RendezvousHash.Of(member.Id), member.Weight, isCandidate, since);
            seats.Add(member.Number, seat);
            if (isCandidate && seat != known)
            {
                come.Add(seat);
            }
        }

        _seats = seats;
        for (var partition = 0; partition < _count; partition++)
        {
            if (_targets[partition].Seat is { } target && seats.GetValueOrDefault(target.Number) != target)
            {
                _targets[partition] = default; // gone, degraded, or of another weight now: everybody bids again
                Bid(partition, seats.Values.Where(seat => seat.IsCandidate));
            }
            else
            {
                Bid(partition, come);
            }
        }
    }

    private void Bid(int partition, IEnumerable<PartitionSeat> seats)
    {
        var (target, lowest) = _targets[partition] is { Seat: not null } known ? known : (null, double.PositiveInfinity);
        foreach (var seat in seats)
        {
            var bid = RendezvousHash.Bid(_keys[partition], seat.Hash, seat.Weight);
            if (bid < lowest || (bid == lowest && string.CompareOrdinal(seat.Id, target!.Id) < 0))
            {
                (target, lowest) = (seat, bid);
            }
        }

        _targets[partition] = (target, lowest);
    }

    private void Choose(long self, IReadOnlySet<int> held, TimeSpan now)
    {
        HashSet<int> wanted = [];
        Due = null;
        var own = _seats.GetValueOrDefault(self);
        for (var partition = 0; partition < _count && own is not null; partition++)
        {
            var (target, bid) = (_targets[partition].Seat!, _targets[partition].Bid); // there is one: we, or somebody who is not degraded
            if (target.Number == self || (!own.IsCandidate && held.Contains(partition) && RendezvousHash.Bid(_keys[partition], own.Hash, own.Weight) < bid))
            {
                wanted.Add(partition);
            }
            else if (held.Contains(partition) && target.Since != TimeSpan.MinValue && now - target.Since < _settle)
            {
                wanted.Add(partition);
                Due = Due < target.Since + _settle ? Due : target.Since + _settle;
            }
        }

        Wanted = wanted;
    }
}

namespace Coordination.Locks;

/// <summary>Which waits hold up which holders, narrowed down to those that nothing can ever end.</summary>
/// <remarks>
/// A flow that holds something and waits makes its holdings wait too. A wait for an ordinary lock is stuck while any of its holders is,
/// one for a lock with several places only while all places are held here and all their holders are stuck: one that is not gives its
/// place back. Those who stand before a wait in the same queue wait for the same holders and add nothing. Whatever is not stuck is taken out,
/// and what that frees, until nothing more is; the work grows with the number of waits and holdings, because all of this happens under the gate.
/// </remarks>
internal sealed class WaitGraph
{
    private readonly Dictionary<LockClaim, List<LockClaim>> _heldBy = [];
    private readonly Dictionary<LockClaim, HashSet<LockClaim>> _waitsOf = [];
    private readonly Dictionary<KeyEntry, HashSet<LockClaim>> _waitsAt = [];
    private readonly Dictionary<KeyEntry, int> _stuckHolders = [];

    /// <summary>A wait; only one whose flow holds something can hold up anybody.</summary>
    public void Add(LockClaim waiting, KeyEntry entry)
    {
        List<LockClaim> held = [.. waiting.HeldByFlow()];
        if (held.Count == 0)
        {
            return;
        }

        _heldBy.Add(waiting, held);
        (_waitsAt.TryGetValue(entry, out var here) ? here : _waitsAt[entry] = []).Add(waiting);
        foreach (var holder in held)
        {
            if (!_waitsOf.TryGetValue(holder, out var waits))
            {
                _waitsOf.Add(holder, waits = []);
                _stuckHolders[holder.Entry!] = _stuckHolders.GetValueOrDefault(holder.Entry!) + 1;
            }

            waits.Add(waiting);
        }
    }

    /// <summary>All waits are known: takes out those that can end.</summary>
    public void Settle() => TakeOut(_waitsAt.Keys.Where(entry => !IsStuck(entry)).SelectMany(entry => _waitsAt[entry]));

    /// <summary>A wait is given up.</summary>
    public void Refuse(LockClaim waiting) => TakeOut([waiting]);

    /// <summary>Waits of which each waits for the flow of the next, and the last for that of the first; null when nothing is stuck.</summary>
    public List<LockClaim>? FindCycle()
    {
        if (_heldBy.Count == 0)
        {
            return null;
        }

        List<LockClaim> path = [];
        Dictionary<LockClaim, int> places = [];
        for (var claim = _heldBy.Keys.First(); ; claim = NextAfter(claim))
        {
            if (places.TryGetValue(claim, out var begin))
            {
                return path[begin..];
            }

            places.Add(claim, path.Count);
            path.Add(claim);
        }
    }

    private bool IsStuck(KeyEntry entry) =>
        _stuckHolders.GetValueOrDefault(entry) is var stuck && (entry.MaxHolders > 1 ? stuck >= entry.MaxHolders : stuck > 0);

    /// <summary>What a holder of the claim's key waits for. There is one: else the claim would not be stuck.</summary>
    private LockClaim NextAfter(LockClaim claim)
    {
        foreach (var holder in claim.Entry!.Holders)
        {
            if (_waitsOf.TryGetValue(holder, out var waits))
            {
                return waits.First();
            }
        }

        throw new InvalidOperationException($"The wait for '{claim.Name}' counts as stuck, and none of its holders waits.");
    }

    private void TakeOut(IEnumerable<LockClaim> free)
    {
        var left = new Stack<LockClaim>(free);
        while (left.TryPop(out var waiting))
        {
            if (!_heldBy.Remove(waiting, out var held))
            {
                continue; // it came here twice
            }

            _waitsAt[waiting.Entry!].Remove(waiting);
            foreach (var holder in held)
            {
                var waits = _waitsOf[holder];
                waits.Remove(waiting);
                if (waits.Count > 0)
                {
                    continue;
                }

                var entry = holder.Entry!;
                var wasStuck = IsStuck(entry);
                _waitsOf.Remove(holder);
                _stuckHolders[entry]--;
                if (wasStuck && !IsStuck(entry) && _waitsAt.TryGetValue(entry, out var freed))
                {
                    foreach (var one in freed)
                    {
                        left.Push(one);
                    }
                }
            }
        }
    }
}

namespace Coordination.Locks;

/// <summary>A list of claims that needs no node objects: a claim is in one list at most, and carries its own links.</summary>
internal struct ClaimList
{
    public LockClaim? First { get; private set; }

    public LockClaim? Last { get; private set; }

    public readonly bool IsEmpty => First is null;

    public int Count { get; private set; }

    public void Add(LockClaim claim)
    {
        claim.Previous = Last;
        claim.Next = null;
        if (Last is null)
        {
            First = claim;
        }
        else
        {
            Last.Next = claim;
        }

        Last = claim;
        Count++;
    }

    public void Remove(LockClaim claim)
    {
        if (claim.Previous is null)
        {
            First = claim.Next;
        }
        else
        {
            claim.Previous.Next = claim.Next;
        }

        if (claim.Next is null)
        {
            Last = claim.Previous;
        }
        else
        {
            claim.Next.Previous = claim.Previous;
        }

        claim.Previous = null;
        claim.Next = null;
        Count--;
    }

    /// <summary>From the first to the last. Whoever enumerates must not change the list meanwhile.</summary>
    public readonly IEnumerator<LockClaim> GetEnumerator()
    {
        for (var claim = First; claim is not null; claim = claim.Next)
        {
            yield return claim;
        }
    }

    public LockClaim? TakeFirst()
    {
        var first = First;
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }
}

namespace Coordination.Backends.Postgres;

/// <summary>Something that this process waits for at the server.</summary>
internal abstract class WaitRequest(LockKey key, CancellationToken cancellationToken)
{
    public LockKey Key { get; } = key;

    /// <summary>
    /// The lock on which the processes that wait for one key stand in line, so that only the first of them asks for the key
    /// itself and finds it free when its waiter connection lets go of it. In the key space of the single numbers.
    /// </summary>
    public LockKey Turnstile { get; } = TurnstileOf(key);

    /// <summary>Nobody waits for it any more; the slice at the server runs out by itself.</summary>
    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    /// <summary>It has its answer: whatever happens to the connection from then on, it must not be waited for again.</summary>
    public abstract bool IsAnswered { get; }

    /// <inheritdoc cref="Turnstile"/>
    public static LockKey TurnstileOf(LockKey key) => LockKey.Single(key.IsPair ? Mix(key.Bits) : key.Bits ^ 0x5475_726E_7374_696CL);

    /// <summary>Nothing was won, and nobody wants it any more.</summary>
    public abstract void FinishWithNothing();

    public abstract void Fail(CoordinationException cause);

    // Two ints fill all 64 bits too: the finaliser of SplitMix64 moves them away from where small numbers live.
    private static long Mix(long bits)
    {
        var z = unchecked((ulong)bits + 0x9E37_79B9_7F4A_7C15UL);
        z = unchecked((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9UL);
        z = unchecked((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EBUL);
        return unchecked((long)(z ^ (z >> 31)));
    }
}

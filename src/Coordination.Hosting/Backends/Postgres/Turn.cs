namespace Coordination.Backends.Postgres;

/// <summary>How far a waiter has come in the line for a key, in the numbers of the server function.</summary>
/// <param name="Answer">0, 1, 2, or the fencing number of a key that is kept.</param>
internal readonly record struct Turn(long Answer)
{
    private const long PassedTurnstile = 1;
    private const long HasBoth = 2;

    /// <summary>Through the turnstile, and still in it: the first of all waiting processes.</summary>
    public bool IsFirst => Answer is PassedTurnstile or HasBoth;

    /// <summary>Holds the turnstile and the key.</summary>
    public bool HasKey => Answer is HasBoth;

    /// <summary>Keeps the key, without the turnstile: the fencing number of the grant.</summary>
    public long? Kept => Answer > HasBoth ? Answer : null;
}

namespace Coordination.Backends.Postgres;

/// <summary>How far a waiter has come in the line for a key; the numbers are the server function's.</summary>
internal enum Turn
{
    /// <summary>In the line before the turnstile.</summary>
    Nothing = 0,

    /// <summary>Through the turnstile: the first of all waiting processes.</summary>
    Turnstile = 1,

    /// <summary>Holds the turnstile and the key.</summary>
    Key = 2,
}

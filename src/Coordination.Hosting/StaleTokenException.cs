namespace Coordination;

/// <summary>A write came too late: somebody with a later grant of the lock has been here.</summary>
public class StaleTokenException : CoordinationException
{
    /// <summary>Makes the error.</summary>
    /// <param name="thing">What was to be written to.</param>
    /// <param name="token">The token of whoever came too late.</param>
    /// <param name="newest">The greatest token that has been here.</param>
    public StaleTokenException(string thing, FencingToken token, FencingToken newest)
        : base(
            $"'{thing}' was not written: the caller's token {token} is smaller than {newest}, so a later holder of the lock has been here. " +
            "Roll back; the work is somebody else's now.")
    {
        Thing = thing;
        Token = token;
        Newest = newest;
    }

    /// <summary>What was to be written to.</summary>
    public string Thing { get; }

    /// <summary>The token of whoever came too late.</summary>
    public FencingToken Token { get; }

    /// <summary>The greatest token that has been here.</summary>
    public FencingToken Newest { get; }
}

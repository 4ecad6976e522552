namespace Coordination;

/// <summary>A lock was lost while work was done under it: another process may hold it now.</summary>
public class LockLostException : CoordinationException
{
    /// <summary>Makes the error.</summary>
    /// <param name="name">The lock.</param>
    /// <param name="innerException">What the body said when it was told to stop, if anything.</param>
    public LockLostException(LockName name, Exception? innerException = null)
        : base(
            $"Lock '{name}' was lost while its holder still worked; another process may hold it now. " +
            "Check what was done since, and give the handle's Token to what the holder writes to, so that late writes are refused.",
            innerException)
    {
        Name = name;
    }

    /// <summary>The lock that was lost.</summary>
    public LockName Name { get; }
}

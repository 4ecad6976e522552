namespace Coordination;

/// <summary>The caller would wait for itself.</summary>
public class LockDeadlockException : CoordinationException
{
    /// <summary>Makes the error.</summary>
    /// <param name="name">The lock that was asked for.</param>
    /// <param name="message">Fact, value, remedy.</param>
    public LockDeadlockException(LockName name, string message)
        : base(message)
    {
        Name = name;
    }

    /// <summary>The lock that was asked for.</summary>
    public LockName Name { get; }
}

namespace Coordination;

/// <summary>A member was asked for and the group has none that fits. A web service answers 503.</summary>
public class NoMemberAvailableException : CoordinationException
{
    /// <summary>Makes an error without a message.</summary>
    public NoMemberAvailableException()
    {
    }

    /// <summary>Makes an error.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    public NoMemberAvailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its cause.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    /// <param name="innerException">What went wrong underneath.</param>
    public NoMemberAvailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

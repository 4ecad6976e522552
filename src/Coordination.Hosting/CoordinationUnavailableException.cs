namespace Coordination;

/// <summary>The group or its locks cannot be used now: not started, stopping, stopped, or the backend is away. The message says which.</summary>
public class CoordinationUnavailableException : CoordinationException
{
    /// <summary>Makes an error without a message.</summary>
    public CoordinationUnavailableException()
    {
    }

    /// <summary>Makes an error.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    public CoordinationUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its cause.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    /// <param name="innerException">What went wrong underneath.</param>
    public CoordinationUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The backend answers, and has no such group: nobody has come into it yet.</summary>
    internal bool IsUnknownGroup { get; init; }
}

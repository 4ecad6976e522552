namespace Coordination;

/// <summary>What every error of this library derives from.</summary>
public class CoordinationException : Exception
{
    /// <summary>Makes an error without a message.</summary>
    public CoordinationException()
    {
    }

    /// <summary>Makes an error.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    public CoordinationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its cause.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    /// <param name="innerException">What went wrong underneath.</param>
    public CoordinationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

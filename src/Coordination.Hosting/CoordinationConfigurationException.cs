namespace Coordination;

/// <summary>A setting, a privilege or the server itself is not as it must be; trying again does not help. The message says what to change.</summary>
public class CoordinationConfigurationException : CoordinationException
{
    /// <summary>Makes an error without a message.</summary>
    public CoordinationConfigurationException()
    {
    }

    /// <summary>Makes an error.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    public CoordinationConfigurationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its cause.</summary>
    /// <param name="message">Fact, value, remedy.</param>
    /// <param name="innerException">What went wrong underneath.</param>
    public CoordinationConfigurationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

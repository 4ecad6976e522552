using System.Globalization;

namespace Coordination;

/// <summary>A lock was not granted within the time that the caller allowed.</summary>
public class LockTimeoutException : CoordinationException
{
    /// <summary>Makes the error.</summary>
    /// <param name="name">The lock that was asked for.</param>
    /// <param name="waited">How long the caller waited.</param>
    /// <param name="holder">The id of the member that holds it, or null when it is not known.</param>
    public LockTimeoutException(LockName name, TimeSpan waited, string? holder = null)
        : base(Describe(name, waited, holder))
    {
        Name = name;
        Waited = waited;
        Holder = holder;
    }

    /// <summary>The lock that was asked for.</summary>
    public LockName Name { get; }

    /// <summary>How long the caller waited.</summary>
    public TimeSpan Waited { get; }

    /// <summary>The id of the member that held it, or null when it is not known.</summary>
    public string? Holder { get; }

    private static string Describe(LockName name, TimeSpan waited, string? holder) =>
        string.Create(CultureInfo.InvariantCulture, $"Lock '{name}' was not granted within {waited.TotalSeconds:0.###} s; ") +
        (holder is null
            ? "its holder is not known (no member of this library, or free again by now)."
            : $"member '{holder}' holds it.") +
        " Wait longer, or shorten the work that is done under it.";
}

namespace Coordination.Templates;

/// <summary>How a lock is asked for. Locks that are taken together have the same terms.</summary>
/// <param name="Timeout">How long to wait; zero is one attempt.</param>
/// <param name="Mode">Exclusive or shared.</param>
/// <param name="MaxHolders">How many at a time.</param>
/// <param name="Key">Of the membership whose locks are used; null for the one without a key.</param>
internal readonly record struct LockTerms(TimeSpan Timeout, LockMode Mode, int MaxHolders, string? Key)
{
    /// <summary>What is wrong with them; null when nothing is.</summary>
    public string? Fault
    {
        get
        {
            if (Timeout != System.Threading.Timeout.InfiniteTimeSpan && (Timeout < TimeSpan.Zero || Timeout.TotalMilliseconds > int.MaxValue))
            {
                return $"its timeout is {Timeout}; it must be 0 to {int.MaxValue} milliseconds, or infinite (-1 in an attribute)";
            }

            return !Enum.IsDefined(Mode) ? $"Mode is {Mode}; it must be Exclusive or Shared"
                : MaxHolders is < 1 or > LockRequest.MostHolders ? $"MaxHolders is {MaxHolders}; it must be 1 to {LockRequest.MostHolders}"
                : MaxHolders > 1 && Mode is LockMode.Shared ? $"MaxHolders is {MaxHolders} and Mode is Shared; a shared lock has any number of holders"
                : null;
        }
    }

    /// <summary>What is asked.</summary>
    /// <param name="reason">Who asks: people see it beside the lock.</param>
    /// <param name="templates">What the names are made from: metrics and spans show it instead of the names.</param>
    public LockRequest RequestFor(string reason, IEnumerable<string> templates) =>
        new() { Timeout = Timeout, Mode = Mode, MaxHolders = MaxHolders, Reason = reason, Template = string.Join(", ", templates) };

    /// <summary>Reads the seconds of an attribute, which cannot have a TimeSpan: 0 is one attempt, -1 for ever. What is no time becomes a fault.</summary>
    public static TimeSpan FromSeconds(double seconds) => seconds switch
    {
        -1 => System.Threading.Timeout.InfiniteTimeSpan,
        >= 0 and <= int.MaxValue / 1000.0 => TimeSpan.FromSeconds(seconds),
        > int.MaxValue / 1000.0 => TimeSpan.MaxValue,
        < 0 and > int.MinValue / 1000.0 => TimeSpan.FromSeconds(seconds),
        _ => TimeSpan.MinValue,
    };
}

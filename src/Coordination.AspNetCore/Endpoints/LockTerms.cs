namespace Coordination.Endpoints;

/// <summary>How a lock is asked for. Locks that are taken together have the same terms.</summary>
/// <param name="Timeout">Null: no waiting.</param>
/// <param name="Mode">Exclusive or shared.</param>
/// <param name="MaxHolders">How many at a time.</param>
/// <param name="Key">Of the membership.</param>
/// <param name="Answers">What requests are told.</param>
internal readonly record struct LockTerms(TimeSpan? Timeout, LockMode Mode, int MaxHolders, string? Key, LockAnswers Answers)
{
    /// <summary>Whether a lock that is held is refused at once.</summary>
    public bool FailsAtOnce => Timeout is null || Timeout == TimeSpan.Zero;

    /// <summary>What is wrong with them; null when nothing is.</summary>
    public string? Fault
    {
        get
        {
            if (Timeout is { } timeout && timeout != System.Threading.Timeout.InfiniteTimeSpan && (timeout < TimeSpan.Zero || timeout.TotalMilliseconds > int.MaxValue))
            {
                return $"its timeout is {timeout}; it must be 0 to {int.MaxValue} milliseconds, or infinite";
            }

            return !Enum.IsDefined(Mode) ? $"Mode is {Mode}; it must be Exclusive or Shared"
                : MaxHolders is < 1 or > LockRequest.MostHolders ? $"MaxHolders is {MaxHolders}; it must be 1 to {LockRequest.MostHolders}"
                : MaxHolders > 1 && Mode is LockMode.Shared ? $"MaxHolders is {MaxHolders} and Mode is Shared; a shared lock has any number of holders"
                : Answers.Fault;
        }
    }

    /// <summary>Reads the seconds of an attribute, which cannot have a TimeSpan: 0 is no waiting, -1 for ever.</summary>
    public static TimeSpan? FromSeconds(double seconds) => seconds switch
    {
        0 => null,
        -1 => System.Threading.Timeout.InfiniteTimeSpan,
        > 0 and <= int.MaxValue / 1000.0 => TimeSpan.FromSeconds(seconds),
        _ => TimeSpan.MinValue, // no time: Fault says so
    };

    public LockRequest Request => new() { Timeout = FailsAtOnce ? null : Timeout, Mode = Mode, MaxHolders = MaxHolders };
}

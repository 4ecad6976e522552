namespace Coordination.Locks;

/// <summary>How one caller asks. Made out of a <see cref="LockRequest"/>, which is checked here before anything else happens.</summary>
/// <param name="Mode">Exclusive or shared.</param>
/// <param name="Patience">How long to wait: null for ever, zero not at all.</param>
/// <param name="ThrowsWhenBusy">Acquire throws when the patience is over; Try says null.</param>
/// <param name="MaxHolders">How many may hold it at a time.</param>
/// <param name="Reason">What for, for people.</param>
/// <param name="IsPart">One of several that are held as one. Its token stands for all of them, so it must be smaller than whatever
/// comes after it for any of them: the server's next number is, one that is passed on here need not be.</param>
/// <param name="Template">What the name was made from, for those who measure.</param>
internal readonly record struct ClaimTerms(LockMode Mode, TimeSpan? Patience, bool ThrowsWhenBusy, int MaxHolders = 1, string? Reason = null, bool IsPart = false, string? Template = null)
{
    public bool Waits => Patience is null || Patience > TimeSpan.Zero;

    /// <exception cref="ArgumentOutOfRangeException">A time that is negative or too long, or an unknown mode.</exception>
    public static ClaimTerms Of(in LockRequest request, bool isTry)
    {
        if (request.Mode is not (LockMode.Exclusive or LockMode.Shared))
        {
            throw new ArgumentOutOfRangeException(nameof(request), request.Mode, "The lock mode is unknown; use Exclusive or Shared.");
        }

        var holders = HoldersOf(request);
        if (request.Timeout is not { } timeout)
        {
            return new ClaimTerms(request.Mode, isTry ? TimeSpan.Zero : null, !isTry, holders, request.Reason, Template: request.Template);
        }

        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return new ClaimTerms(request.Mode, Patience: null, !isTry, holders, request.Reason, Template: request.Template);
        }

        return timeout >= TimeSpan.Zero && timeout.TotalMilliseconds <= int.MaxValue
            ? new ClaimTerms(request.Mode, timeout, !isTry, holders, request.Reason, Template: request.Template)
            : throw new ArgumentOutOfRangeException(
                nameof(request),
                timeout,
                $"The lock timeout must be zero to {int.MaxValue} milliseconds, or Timeout.InfiniteTimeSpan to wait for ever.");
    }

    private static int HoldersOf(in LockRequest request) => request.MaxHolders switch
    {
        < 1 or > LockRequest.MostHolders => throw new ArgumentOutOfRangeException(
            nameof(request), request.MaxHolders, $"MaxHolders must be 1 to {LockRequest.MostHolders}."),
        > 1 when request.Mode is LockMode.Shared => throw new ArgumentException(
            $"MaxHolders is {request.MaxHolders} and Mode is Shared; a lock with several holders has one mode. Leave Mode out.", nameof(request)),
        var holders => holders,
    };
}

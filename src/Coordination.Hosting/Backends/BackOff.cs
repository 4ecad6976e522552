namespace Coordination.Backends;

/// <summary>How long to wait before the next attempt to connect: 50 to 300 ms at first, doubling up to a bound, never in step with others.</summary>
/// <param name="bound">The longest wait. It stays well below the time after which others may declare us dead for being away.</param>
/// <param name="random">A number from 0 to 1.</param>
internal sealed class BackOff(TimeSpan bound, Func<double> random)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);

    private TimeSpan _longest = TimeSpan.FromMilliseconds(300);

    /// <summary>The bound that lets every member come back within the grace after a restart of the database.</summary>
    public static TimeSpan BoundFor(TimeSpan crashGrace)
    {
        var third = crashGrace / 3;
        var most = TimeSpan.FromSeconds(5);
        return third < Shortest ? Shortest : third < most ? third : most;
    }

    public TimeSpan Next()
    {
        var longest = _longest < bound ? _longest : bound;
        _longest = longest * 2;
        return longest <= Shortest ? longest : Shortest + ((longest - Shortest) * random());
    }
}

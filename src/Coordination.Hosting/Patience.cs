namespace Coordination;

/// <summary>How long to wait before the next attempt: longer each time, and never the same for everybody.</summary>
internal sealed class Patience
{
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private TimeSpan _next;

    public Patience(TimeSpan first, TimeSpan longest) => (_first, _longest, _next) = (first, longest, first);

    /// <summary>The next delay: up to a quarter shorter than its turn.</summary>
    public TimeSpan Next()
    {
        var delay = _next * (1 - (Random.Shared.NextDouble() / 4));
        _next = _next * 2 < _longest ? _next * 2 : _longest;
        return delay;
    }

    /// <summary>Something went well: begin again.</summary>
    public void Reset() => _next = _first;
}

namespace Coordination;

/// <summary>How a client with <c>AddGroupRouting</c> chooses members.</summary>
public sealed class GroupRoutingOptions
{
    /// <summary>How many members are asked at most, the first one included.</summary>
    /// <value>5; at least 1.</value>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>
    /// How long connecting to one member may take before another one is asked: a host that is gone refuses nothing, it is silent. Set on
    /// the client's <see cref="SocketsHttpHandler"/> when that has no limit of its own.
    /// </summary>
    /// <value>2 seconds; more than zero, or infinite.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Which members may be asked.</summary>
    /// <value>All that tell a url.</value>
    public Func<Member, bool>? Where { get; set; }
}

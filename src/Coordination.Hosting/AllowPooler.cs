namespace Coordination;

/// <summary>Whether a connection pooler may stand between this process and the server.</summary>
public enum AllowPooler
{
    /// <summary>No: a pooler is refused at the start, because most hand a session, and with it its locks, to others.</summary>
    None = 0,

    /// <summary>
    /// One that gives every client connection a server session of its own for as long as it lasts (PgBouncer: <c>pool_mode = session</c>).
    /// That it does is tried out at every connect with two connections; another mode is refused.
    /// </summary>
    Session = 1,
}

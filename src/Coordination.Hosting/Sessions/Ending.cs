namespace Coordination.Sessions;

/// <summary>Why a lease is not served any more.</summary>
internal enum Ending
{
    /// <summary>Somebody asked us to leave.</summary>
    Stopped,

    /// <summary>The group has gone on without us.</summary>
    Gone,

    /// <summary>The connection is broken, or the server did not answer in time; the membership may go on.</summary>
    Broken,
}

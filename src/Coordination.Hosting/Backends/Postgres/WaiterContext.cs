namespace Coordination.Backends.Postgres;

/// <summary>What waiter connections work for.</summary>
/// <param name="Place">The server.</param>
/// <param name="Profile">Who we are.</param>
/// <param name="Events">Whom to tell of what was kept and is lost.</param>
/// <param name="Session">The session whose locks they wait for.</param>
internal sealed record WaiterContext(PostgresPlace Place, MemberProfile Profile, ISessionEvents Events, PostgresSession Session)
{
    /// <summary>The longest time without a word to the server: half a second, or less when beats come faster.</summary>
    public TimeSpan LongestSilence => BeatSchedule.SilenceOf(Profile);
}

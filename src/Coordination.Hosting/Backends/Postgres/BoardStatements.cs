using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What a session shows of itself and asks about others. Used by the session's thread only; errors are the driver's own.</summary>
internal sealed class BoardStatements(NpgsqlConnection connection, string schema, MemberProfile profile)
{
    private readonly BoardSql _sql = new(schema);

    /// <summary>Says whose a connection is, and sweeps away what the dead left.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="schema">Where our tables are.</param>
    /// <param name="kind">What it is for.</param>
    /// <param name="profile">Whose it is.</param>
    public static void Register(NpgsqlConnection connection, string schema, string kind, MemberProfile profile) =>
        connection.Execute(new BoardSql(schema).Register, new { Kind = kind, profile.Group, Member = profile.MemberId });

    public void Show(IReadOnlyList<LockNote> shown, IReadOnlyList<long> gone) => connection.Execute(_sql.Show, new
    {
        profile.Group,
        Member = profile.MemberId,
        Shown = JsonSerializer.Serialize(shown.Select(Row), ShownKey.Json),
        Gone = gone.ToArray(),
    });

    public void TellLost(IReadOnlyList<LostNote> lost) => connection.Execute(_sql.TellLost, new
    {
        profile.Group,
        Member = profile.MemberId,
        Lost = JsonSerializer.Serialize(
            lost.Select(one => new { Name = Legible(one.Name), one.Token, AgeMs = (long)one.Age.TotalMilliseconds, Reason = Legible(one.Reason) }), ShownKey.Json),
    });

    public IReadOnlyList<ShownLock> ReadShown(bool onlyDeadlocks) =>
        [.. connection.Query<ShownRow>(_sql.ReadShown, new { OnlyDeadlocks = onlyDeadlocks }).Select(row => row.ToShown())];

    public LockInspection Inspect(LockKey key)
    {
        var (isHeld, holder, since, waiters) = connection.QuerySingle<(bool, string?, DateTime?, int)>(
            _sql.Inspect, new { Key = key.Bits, key.IsPair, Turnstile = WaitRequest.TurnstileOf(key).Bits });
        return new LockInspection(isHeld, holder, since is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null, waiters);
    }

    // The server's text has no room for a zero, nor for half a character; a name that cannot be shown as it is must not keep all others from being shown.
    private static string Legible(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\u2400');

    private static object Row(LockNote note) => new
    {
        note.Id,
        Key = note.Key.Bits,
        note.Key.IsPair,
        Name = Legible(note.Name),
        Mode = note.Mode.ToString(),
        note.IsWaiting,
        AgeMs = (long)note.Age.TotalMilliseconds,
        note.Token,
        Reason = note.Reason is null ? null : Legible(note.Reason),
        Holds = note.Holds.Select(ShownKey.Of),
    };
}

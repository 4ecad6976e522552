using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What a session shows of itself and asks about others. Used by the session's thread only; errors are the driver's own.</summary>
internal sealed class BoardStatements(NpgsqlConnection connection, string schema, MemberProfile profile)
{
    private const int Sweepers = 20;

    private readonly BoardSql _sql = new(schema);

    /// <summary>Says whose some connections are, and sweeps away what the dead left.</summary>
    /// <param name="connection">The connection that says it.</param>
    /// <param name="schema">Where our tables are.</param>
    /// <param name="profile">Whose they are.</param>
    /// <param name="connections">The server's process of each, and what it is for.</param>
    public static void Register(NpgsqlConnection connection, string schema, MemberProfile profile, params (int ProcessId, string Kind)[] connections)
    {
        var sql = new BoardSql(schema);
        using (var register = new NpgsqlCommand(sql.Register, connection))
        {
            register.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. connections.Select(one => one.ProcessId)] });
            register.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. connections.Select(one => one.Kind)] });
            register.Parameters.Add(new NpgsqlParameter<string> { TypedValue = profile.Group });
            register.Parameters.Add(new NpgsqlParameter<string> { TypedValue = profile.MemberId });

            // One sweeper is enough for all who come at the same time: each would look at all sessions of the server, and a fleet that starts at once
            // would spend more on that than on joining. One in twenty sweeps all the same, or where somebody always comes nobody ever would.
            if (register.ExecuteScalar() is true && Random.Shared.Next(Sweepers) > 0)
            {
                return;
            }
        }

        using var sweep = new NpgsqlCommand(sql.Sweep, connection);
        sweep.ExecuteNonQuery();
    }

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

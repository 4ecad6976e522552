using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>One witness's connection to the checker in the database: says "I am in" and "I am out", and confirms what looks wrong.</summary>
internal sealed class CriticalSectionChecker : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _enter;
    private readonly NpgsqlCommand _leave;
    private readonly NpgsqlCommand _abandon;

    private CriticalSectionChecker(NpgsqlConnection connection, object start)
    {
        _connection = connection;
        _enter = Prepare("select checker.enter($1, $2, $3)", start);
        _leave = Prepare("select checker.leave($1, $2, $3)", start);
        _abandon = Prepare("select checker.abandon($1, $2, $3)", start);
    }

    /// <summary>Creates the checker and its sections.</summary>
    public static async Task InstallAsync(NpgsqlConnection connection, IEnumerable<string> names)
    {
        await using var stream = typeof(CriticalSectionChecker).Assembly.GetManifestResourceStream("CriticalSectionChecker.sql")
            ?? throw new InvalidOperationException("The checker's script is not in the assembly.");
        using var reader = new StreamReader(stream);
        await using var create = new NpgsqlCommand(await reader.ReadToEndAsync(), connection);
        await create.ExecuteNonQueryAsync();
        await using var sections = new NpgsqlCommand("insert into checker.section (name) select unnest($1::text[])", connection) { Parameters = { new() { Value = names.ToArray() } } };
        await sections.ExecuteNonQueryAsync();
    }

    public static async Task<CriticalSectionChecker> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();

        // What the checker writes need not survive a crash of the server, and 200,000 flushes would take the whole time.
        await using var settings = new NpgsqlCommand("set synchronous_commit = off", connection);
        await settings.ExecuteNonQueryAsync();
        await using var start = new NpgsqlCommand("select checker.me_start()", connection);
        return new CriticalSectionChecker(connection, (await start.ExecuteScalarAsync())!);
    }

    /// <summary>I am in; an accusation when somebody else is, or when the token does not rise.</summary>
    public Task<long?> EnterAsync(string name, long token) => SayAsync(_enter, name, token);

    /// <summary>I am out; an accusation when somebody came in meanwhile.</summary>
    public Task<long?> LeaveAsync(string name, long token) => SayAsync(_leave, name, token);

    /// <summary>I was in, and know that my lock is lost.</summary>
    public Task AbandonAsync(string name, long token) => SayAsync(_abandon, name, token);

    /// <summary>I am alive and stand by it; whether my lock is still mine was asked after the accusation. Returns the verdict.</summary>
    public async Task<string> ConfirmAsync(long accusation, bool isStillHeld = true)
    {
        await using var confirm = new NpgsqlCommand("select checker.confirm($1, $2)", _connection)
        {
            Parameters = { new() { Value = accusation }, new() { Value = isStillHeld } },
        };
        return (string)(await confirm.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _enter.DisposeAsync();
        await _leave.DisposeAsync();
        await _abandon.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private NpgsqlCommand Prepare(string sql, object start) => new(sql, _connection)
    {
        Parameters = { new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text }, new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint }, new() { Value = start } },
    };

    private static async Task<long?> SayAsync(NpgsqlCommand command, string name, long token)
    {
        command.Parameters[0].Value = name;
        command.Parameters[1].Value = token;
        if (!command.IsPrepared)
        {
            await command.PrepareAsync();
        }

        return await command.ExecuteScalarAsync() as long?;
    }
}

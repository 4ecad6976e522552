using System.Data.Common;
using System.Globalization;

namespace Coordination;

/// <summary>
/// Refuses the writes of a holder that was frozen beyond its lease and woke up: a row for each protected thing remembers the greatest token
/// that has been here, in the same transaction as the write.
/// </summary>
/// <remarks>
/// <code>
/// await using var held = await locks.AcquireAsync($"invoice-{id}");
/// await using var transaction = await connection.BeginTransactionAsync();
/// await FenceGuard.CheckAsync(transaction, $"invoice-{id}", held.Token);   // before the first write
/// …                                                                      // whatever the lock protects, in this transaction
/// await transaction.CommitAsync();
/// </code>
/// The row stays locked until the transaction ends: of two that come at once the second sees what the first has left. One holder may come
/// as often as it likes. The table is made with our schema; for another database see <see cref="CreateTable"/>.
/// </remarks>
public static class FenceGuard
{
    private const string DefaultSchema = "coordination";
    private const int LongestThing = 1024;

    /// <summary>The statement that makes the table, for a database in which our schema is not.</summary>
    /// <param name="schema">The schema; a plain identifier.</param>
    /// <returns>SQL that may be run any number of times.</returns>
    public static string CreateTable(string schema = DefaultSchema) =>
        $"create schema if not exists {Checked(schema)}; create table if not exists {schema}.fences (thing text primary key, token bigint not null, at timestamptz not null default clock_timestamp());";

    /// <summary>Notes a token, and refuses one that is smaller than what was noted before. Two round trips at most.</summary>
    /// <param name="transaction">The transaction in which the protected thing is written.</param>
    /// <param name="thing">What the lock protects; usually the lock's name. 1 to 1,024 characters.</param>
    /// <param name="token">The token of the held lock.</param>
    /// <param name="schema">Where the table is.</param>
    /// <param name="cancellationToken">Cancels the statement, and with it the transaction.</param>
    /// <returns>When the write may go on.</returns>
    /// <exception cref="StaleTokenException">A later holder has been here; nothing was changed, roll back.</exception>
    /// <exception cref="ArgumentException">The transaction is over, the thing has no name, or the schema is no plain identifier.</exception>
    public static async Task CheckAsync(
        DbTransaction transaction, string thing, FencingToken token, string schema = DefaultSchema, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentException.ThrowIfNullOrEmpty(thing);
        if (thing.Length > LongestThing)
        {
            throw new ArgumentException($"The name of the protected thing has {thing.Length} characters; at most {LongestThing} are allowed.", nameof(thing));
        }

        Checked(schema);
        if (await ScalarAsync(
            transaction,
            $"""
            insert into {schema}.fences as known (thing, token) values (@thing, @token)
            on conflict (thing) do update set token = excluded.token, at = clock_timestamp() where known.token <= excluded.token
            returning token
            """,
            thing,
            token,
            cancellationToken).ConfigureAwait(false) is null)
        {
            var newest = await ScalarAsync(transaction, $"select token from {schema}.fences where thing = @thing", thing, token, cancellationToken).ConfigureAwait(false);
            throw new StaleTokenException(thing, token, new FencingToken(Convert.ToInt64(newest, CultureInfo.InvariantCulture)));
        }
    }

    private static async Task<object?> ScalarAsync(
        DbTransaction transaction, string sql, string thing, FencingToken token, CancellationToken cancellationToken)
    {
        var connection = transaction.Connection ?? throw new ArgumentException("The transaction is over. Check the fence before its commit.", nameof(transaction));
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.Transaction = transaction;
            command.CommandText = sql;
            Add(command, "thing", thing);
            Add(command, "token", token.Value);
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    // It becomes a part of the statement's text.
    private static string Checked(string schema) =>
        schema is { Length: > 0 and <= 63 } && schema.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') && !char.IsAsciiDigit(schema[0])
            ? schema
            : throw new ArgumentException($"'{schema}' is no plain identifier: 1 to 63 lower-case letters, digits and underscores, not beginning with a digit.", nameof(schema));
}

using System.Data.Common;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>A lock that ends with a transaction of the caller's own, taken on the caller's connection.</summary>
/// <remarks>
/// Waiting is done in slices, so that a caller can stop; each is a little longer than deadlock_timeout, because only a wait that outlives
/// it makes the server look for deadlocks between transactions. Nobody's statement is cancelled: that would abort the transaction.
/// </remarks>
internal sealed class TransactionLock(PostgresPlace place, DbTransaction transaction, LockKey key, LockMode mode)
{
    private const double OverDeadlockTimeout = 1.2;

    public async Task<bool> TryTakeAsync(TimeSpan? patience, CancellationToken cancellationToken)
    {
        var connection = Connection();
        if (patience == TimeSpan.Zero)
        {
            return await AskAsync(connection, TransactionSql.Try(key.IsPair, mode)).ConfigureAwait(false);
        }

        var start = place.Time.GetTimestamp();
        TimeSpan? longest = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            longest ??= await SliceAsync(connection).ConfigureAwait(false);
            var left = patience - place.Time.GetElapsedTime(start) ?? longest.Value;
            var isLast = left <= longest;
            if (await WaitAsync(connection, isLast ? left : longest.Value).ConfigureAwait(false))
            {
                return true;
            }

            if (isLast && patience is not null)
            {
                return false;
            }
        }
    }

    private NpgsqlConnection Connection()
    {
        if (transaction.Connection is not NpgsqlConnection connection)
        {
            throw new ArgumentException("The transaction is over, or is not one of Npgsql. Take the lock in an open NpgsqlTransaction.", nameof(transaction));
        }

        // Advisory locks are one space for each database: one that is taken elsewhere would exclude nobody.
        var ours = new NpgsqlConnectionStringBuilder(place.Settings.ConnectionString).Database;
        return ours is null || string.Equals(connection.Database, ours, StringComparison.Ordinal)
            ? connection
            : throw new ArgumentException(
                $"The transaction is on database '{connection.Database}' and the group lives in '{ours}': a lock there would exclude nobody here. " +
                "Use a connection to the same database, or a handle from AcquireAsync.",
                nameof(transaction));
    }

    private async Task<TimeSpan> SliceAsync(NpgsqlConnection connection)
    {
        var command = Command(connection, LockSql.DeadlockTimeout);
        await using (command.ConfigureAwait(false))
        {
            return TimeSpan.FromMilliseconds((int)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))! * OverDeadlockTimeout);
        }
    }

    private async Task<bool> WaitAsync(NpgsqlConnection connection, TimeSpan slice)
    {
        var command = Command(connection, TransactionSql.Wait(place.Settings.Schema));
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.Bits });
            command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = key.IsPair });
            command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = mode is LockMode.Shared });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)Math.Max(1, slice.TotalMilliseconds) });
            return (bool)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!;
        }
    }

    private async Task<bool> AskAsync(NpgsqlConnection connection, string sql)
    {
        var command = Command(connection, sql);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = key.Bits });
            return (bool)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!;
        }
    }

    private NpgsqlCommand Command(NpgsqlConnection connection, string sql) => new(sql, connection, (NpgsqlTransaction)transaction);
}

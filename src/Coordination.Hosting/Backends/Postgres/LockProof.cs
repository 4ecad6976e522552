using System.Security.Cryptography;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Proves with two connections that a lock of one excludes the other, and that a pooler in between leaves each its own session.</summary>
internal static class LockProof
{
    /// <summary>A pooler that lends sessions lends the one that was given back last, so the second round tells; more for when others use it too.</summary>
    private const int Rounds = 4;

    /// <exception cref="CoordinationConfigurationException">It is not so; the message says what to change. No lock is left behind.</exception>
    public static void Check(NpgsqlConnection first, NpgsqlConnection second, ServerFacts one, ServerFacts other, PostgresSettings settings)
    {
        // Before anything is locked: a lock on a session that is lent to us for one statement could not be given back. Where nobody is in
        // between, the process that greeted each of them is the one that answers it, for good.
        CheckSessions(first, second, one, other, rounds: one.IsPooled || other.IsPooled ? Rounds : 0, settings);
        var nonce = RandomNumberGenerator.GetInt32(int.MaxValue);
        if (!Ask(first, Sql.TryProofKey, nonce) || Ask(second, Sql.TryProofKey, nonce) || !Ask(first, Sql.UnlockProofKey, nonce)
            || !Ask(second, Sql.TryProofKeyOnce, nonce))
        {
            throw new CoordinationConfigurationException(
                $"{settings.Description} has no working advisory locks: one that a session held was granted to another, or was not free after it was given back. " +
                "Use PostgreSQL itself, not something that speaks its protocol, and no pooler that shares sessions.");
        }
    }

    private static void CheckSessions(
        NpgsqlConnection first, NpgsqlConnection second, ServerFacts one, ServerFacts other, int rounds, PostgresSettings settings)
    {
        var areOwn = one.ProcessId != other.ProcessId;
        for (var round = 0; round < rounds && areOwn; round++)
        {
            areOwn = ProcessOf(second) == other.ProcessId && ProcessOf(first) == one.ProcessId;
        }

        if (!areOwn)
        {
            throw new CoordinationConfigurationException(
                $"{settings.Description} is behind a connection pooler that does not give every connection a session of its own (pool_mode transaction or statement, for PgBouncer). " +
                "AllowPooler = Session needs pool_mode = session for this database and user. Change it there, or give the address of the server itself.");
        }
    }

    private static int ProcessOf(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Sql.OwnProcess, connection);
        return (int)command.ExecuteScalar()!;
    }

    private static bool Ask(NpgsqlConnection connection, string text, int nonce)
    {
        using var command = new NpgsqlCommand(text, connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = nonce });
        return (bool)command.ExecuteScalar()!;
    }
}

namespace Coordination.Backends.Postgres;

/// <summary>The statements of locks in a transaction of the caller's.</summary>
internal static class TransactionSql
{
    /// <summary>One look. Needs nothing of our schema: the caller's role may have no rights there.</summary>
    public static string Try(bool isPair, LockMode mode)
    {
        var argument = isPair ? "($1 >> 32)::int, (($1 << 32) >> 32)::int" : "$1";
        return $"select pg_catalog.pg_try_advisory_xact_lock{(mode is LockMode.Shared ? "_shared" : string.Empty)}({argument})";
    }

    /// <summary>One slice of waiting (script 0006).</summary>
    public static string Wait(string schema) => $"select {Identifier.Quote(schema)}.wait_in_transaction($1, $2, $3, $4)";
}

using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The other connection of a proof, until the watcher takes it. Whoever brings one, takes it or ends may come at any time.</summary>
internal sealed class SpareConnection : IDisposable
{
    private readonly Lock _gate = new();
    private NpgsqlConnection? _kept;
    private bool _disposed;

    /// <summary>Closes a connection that nobody uses.</summary>
    public static void Close(NpgsqlConnection? connection)
    {
        try
        {
            connection?.Dispose();
        }
        catch (NpgsqlException)
        {
            // It is broken anyway; the server has seen or will see that.
        }
    }

    /// <summary>In place of the one before, which is closed; null: only that.</summary>
    public void Keep(NpgsqlConnection? connection)
    {
        NpgsqlConnection? unused;
        lock (_gate)
        {
            (unused, _kept) = _disposed ? (connection, null) : (_kept, connection);
        }

        Close(unused);
    }

    /// <summary>It is the caller's from now on; null when there is none.</summary>
    public NpgsqlConnection? Take()
    {
        lock (_gate)
        {
            var kept = _kept;
            _kept = null;
            return kept;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        Keep(null);
    }
}

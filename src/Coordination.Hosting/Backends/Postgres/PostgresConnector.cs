using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Opens our own connections: unpooled, proven, with our settings.</summary>
/// <remarks>
/// Unpooled, because returning a connection to a pool frees no lock until its next use, and a pool may reset or share what must
/// be ours alone.
/// </remarks>
internal sealed class PostgresConnector(PostgresSettings settings) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private NpgsqlDataSource? _source;
    private bool _proven;

    /// <summary>Opens the connection that holds the member's key and its locks.</summary>
    public NpgsqlConnection OpenSession(MemberProfile profile)
    {
        var connection = Open(profile);
        try
        {
            ServerProof.Check(connection, settings);
            if (!Volatile.Read(ref _proven))
            {
                PostgresSchema.Prepare(connection, settings);
                Volatile.Write(ref _proven, true);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that waits for locks.</summary>
    public NpgsqlConnection OpenWaiter(MemberProfile profile) => Open(profile);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        NpgsqlDataSource? source;
        lock (_gate)
        {
            (source, _source) = (_source, null);
        }

        if (source is not null)
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The user's connection string with what must be so on top.</summary>
    internal static NpgsqlConnectionStringBuilder Adjust(string connectionString, MemberProfile profile)
    {
        var lease = profile.LeaseTime;
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            Enlist = false,
            Multiplexing = false,
            NoResetOnClose = true,
            KeepAlive = 0,
            ApplicationName = SessionSettings.ApplicationName(profile.Group, profile.MemberId),
            IncludeErrorDetail = false,

            // A thread that hangs in a read has long been given up when this ends it: it is not how a stall is found.
            CommandTimeout = (int)Math.Ceiling(lease.TotalSeconds) + 1,
            CancellationTimeout = -1,
            TcpKeepAlive = true,
            TcpKeepAliveTime = (int)Math.Ceiling(lease.TotalSeconds / 2),
            TcpKeepAliveInterval = (int)Math.Ceiling(lease.TotalSeconds / 6),
        };
        builder.Timeout = Math.Clamp(builder.Timeout, 1, Math.Max(1, (int)(lease.TotalSeconds / 4)));
        if (!builder.ContainsKey("GSS Encryption Mode"))
        {
            builder.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        if (builder.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            // Several hosts are there to find the primary; a state that was cached a while ago finds the old one.
            builder.TargetSessionAttributes ??= "primary";
            builder.HostRecheckSeconds = 0;
        }

        return builder;
    }

    private NpgsqlConnection Open(MemberProfile profile)
    {
        var connection = Source(profile).OpenConnection();
        try
        {
            var made = SessionSettings.For(profile.LeaseTime, connection.PostgreSqlVersion.Major);
            connection.Execute(Sql.RememberDurability);
            connection.Execute(Sql.Settings, new { names = made.Select(pair => pair.Key).ToArray(), values = made.Select(pair => pair.Value).ToArray() });
            SetConnectionCheck(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private NpgsqlDataSource Source(MemberProfile profile)
    {
        lock (_gate)
        {
            return _source ??= new NpgsqlDataSourceBuilder(Adjust(settings.ConnectionString, profile).ConnectionString).Build();
        }
    }

    /// <summary>A backend that is busy in a wait notices that its peer has gone; some platforms of servers cannot, and go without.</summary>
    private static void SetConnectionCheck(NpgsqlConnection connection)
    {
        if (connection.ExecuteScalar<string>(Sql.ConnectionCheckPlatform) is { } version && version.Contains("linux", StringComparison.OrdinalIgnoreCase))
        {
            connection.Execute(Sql.ConnectionCheck);
        }
    }
}

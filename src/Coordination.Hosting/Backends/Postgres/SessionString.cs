using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The connection string of our sessions. Pure.</summary>
internal static class SessionString
{
    /// <summary>The user's connection string with our own wishes on top.</summary>
    public static string Of(PostgresSettings settings, MemberProfile profile, bool isFirst)
    {
        NpgsqlConnectionStringBuilder builder;
        System.Data.Common.DbConnectionStringBuilder given;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
            given = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = settings.ConnectionString };
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // Without the cause: it quotes what it could not read, and that may be the end of a password with a semicolon in it.
            throw new CoordinationConfigurationException(
                $"The connection string for {settings.Description} cannot be read. Check its keywords and values; a value with a semicolon or a quote must itself stand in quotes.");
        }

        builder.Pooling = false; // a pool would keep our locks after we closed the connection
        builder.Enlist = false;
        builder.Multiplexing = false;
        builder.NoResetOnClose = true;
        builder.IncludeErrorDetail = false; // details quote the values of rows
        builder.KeepAlive = 0; // beats are the keepalive; the driver's own would use the connection from another thread
        var isAlone = builder.Host?.Contains(',', StringComparison.Ordinal) != true;
        builder.Timeout = SessionSettings.ConnectTimeout(profile.LeaseTime, builder.Timeout, isFirst && isAlone);
        builder.CommandTimeout = SessionSettings.CommandTimeout(profile.LeaseTime);
        builder.CancellationTimeout = -1; // an answer that is late ends the connection; a cancel would leave its effect unknown
        ApplyKeepAlive(builder, profile.LeaseTime);
        builder.ApplicationName = ApplicationName.Of(profile.Group); // the session itself adds the member: what is compiled for a string serves all members of a process
        if (!given.ContainsKey("GSS Encryption Mode") && !given.ContainsKey("GssEncryptionMode"))
        {
            builder.GssEncryptionMode = GssEncryptionMode.Disable; // asking for it costs a round trip, and fails on some hosts
        }

        if (!isAlone)
        {
            builder.TargetSessionAttributes ??= "primary";
            builder.HostRecheckSeconds = 0; // right after a failover the driver would still believe what it knew before
        }

        return builder.ConnectionString;
    }

    private static void ApplyKeepAlive(NpgsqlConnectionStringBuilder builder, TimeSpan lease)
    {
        // A unix socket knows no options of TCP: setting one fails the connect.
        builder.TcpKeepAlive = builder.Host?.Split(',').Any(LibpqHost.IsSocket) != true;
        if (!builder.TcpKeepAlive)
        {
            (builder.TcpKeepAliveTime, builder.TcpKeepAliveInterval) = (0, 0);
        }
        else if (builder.TcpKeepAliveTime == 0)
        {
            builder.TcpKeepAliveTime = SessionSettings.KeepaliveIdle(lease);
            builder.TcpKeepAliveInterval = SessionSettings.KeepaliveInterval(lease);
        }
    }
}

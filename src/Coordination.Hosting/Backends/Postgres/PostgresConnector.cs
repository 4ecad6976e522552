using System.Data;
using Coordination.Diagnostics;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Opens connections that are sessions of ours: unpooled, proven, and with our settings on them.</summary>
internal sealed class PostgresConnector(PostgresSettings settings, Telemetry telemetry) : IDisposable
{
    private const string Session = "session";
    private const string Watcher = "watcher";
    private const string Reader = "reader";

    private readonly Lock _gate = new();
    private NpgsqlDataSource? _source;
    private string? _sourceFor;
    private readonly List<string> _rented = [];
    private bool _disposed;

    // Learned from the first refusal: it would be an ERROR in the server's log with every session.
    private volatile bool _checksConnection = true;

    private volatile bool _hasProof;
    private volatile bool _hasOpened;

    private readonly SpareConnection _second = new();

    /// <summary>A connection that will be the member's session; the schema is ready when it is returned.</summary>
    /// <exception cref="CoordinationConfigurationException">Somebody must change something.</exception>
    /// <exception cref="CoordinationUnavailableException">Trying again may help.</exception>
    public NpgsqlConnection OpenSession(MemberProfile profile) => Open(profile, Session);

    /// <summary>A connection that waits for locks on behalf of a session; with the same limits, or a frozen process would be granted locks.</summary>
    /// <inheritdoc cref="OpenSession" path="/exception"/>
    public NpgsqlConnection OpenWaiter(MemberProfile profile) => Open(profile, "waiter");

    /// <summary>A connection that watches the neighbours: the second one of the session's proof, or a new one.</summary>
    /// <param name="profile">Whose it is.</param>
    /// <param name="ask">The first thing that is asked on it.</param>
    /// <inheritdoc cref="OpenSession" path="/exception"/>
    public (NpgsqlConnection Connection, T Answer) OpenWatcher<T>(MemberProfile profile, Func<NpgsqlConnection, T> ask)
    {
        if (_second.Take() is { } second)
        {
            try
            {
                return (second, ask(second));
            }
            catch (NpgsqlException)
            {
                // The join took longer than the server lets a session be silent: a schema had to be created, or the group was full for a while.
                SpareConnection.Close(second);
            }
        }

        var connection = Open(profile, Watcher);
        try
        {
            return (connection, ask(connection));
        }
        catch
        {
            SpareConnection.Close(connection);
            throw;
        }
    }

    /// <summary>Nobody is going to watch: closes what a proof left behind for that.</summary>
    public void DropSecond() => _second.Keep(null);

    /// <summary>A connection that only reads, for people.</summary>
    /// <inheritdoc cref="OpenSession" path="/exception"/>
    public NpgsqlConnection OpenReader(MemberProfile profile) => Open(profile, Reader);

    /// <inheritdoc cref="ServingProof"/>
    /// <param name="profile">Whose connections they are.</param>
    /// <param name="asked">An open one to the server in question.</param>
    public bool IsServing(MemberProfile profile, NpgsqlConnection asked) =>
        ServingProof.Holds(new NpgsqlConnectionStringBuilder(SessionString.Of(settings, profile, isFirst: false))
        {
            Host = asked.Host,
            Port = asked.Port,
            TargetSessionAttributes = null,
        }.ConnectionString);

    /// <inheritdoc/>
    public void Dispose()
    {
        string[] rented;
        lock (_gate)
        {
            _disposed = true; // a watcher or waiter that is still on its way must not open another
            (_source, _sourceFor) = (null, null);
            rented = [.. _rented];
            _rented.Clear();
        }

        _second.Dispose();
        foreach (var source in rented)
        {
            SharedSources.Return(source);
        }
    }

    private NpgsqlConnection Open(MemberProfile profile, string kind)
    {
        NpgsqlConnection? connection = null;
        NpgsqlConnection? second = null;
        try
        {
            connection = Connect(profile, kind);
            var facts = Prove(connection, profile, kind);
            (second, var watcher) = kind == Session ? ProveLocks(connection, profile, facts) : default;
            if (facts.IsPooled)
            {
                ApplySettings(connection, profile, facts.MajorVersion, kind); // not before: a session that is not ours would be left with them
            }

            if (kind == Session)
            {
                new PostgresSchema(connection, settings).Prepare();
            }

            // Both of a member by one of them: each that does it has to find out how, and a fleet that starts has hundreds.
            if (second is not null && profile.CrashWatch)
            {
                BoardStatements.Register(connection, settings.Schema, profile, (facts.ProcessId, kind), (watcher, Watcher));
            }
            else if (kind != Reader)
            {
                BoardStatements.Register(connection, settings.Schema, profile, (facts.ProcessId, kind));
            }

            if (kind == Session)
            {
                _second.Keep(second);
                _hasOpened = true;
            }

            return connection;
        }
        catch (Exception e)
        {
            second?.Dispose();
            connection?.Dispose();
            throw PostgresErrors.Translate(e, settings);
        }
    }

    /// <summary>What answers; and where nobody is in between, our settings at once: those of a role may end or slow down the very next statement.</summary>
    private ServerFacts Prove(NpgsqlConnection connection, MemberProfile profile, string kind)
    {
        var facts = ServerProof.Check(connection, settings);
        if (!facts.IsPooled)
        {
            ApplySettings(connection, profile, facts.MajorVersion, kind);
        }

        return facts;
    }

    /// <summary>Once for each process, and at every connect where a pooler may have been told to work otherwise meanwhile.</summary>
    /// <returns>The other connection, if there was to be one, ready to watch, and the server's process for it.</returns>
    private (NpgsqlConnection? Second, int ProcessId) ProveLocks(NpgsqlConnection first, MemberProfile profile, ServerFacts facts)
    {
        // Who asks for one connection only gets by with one, unless a pooler has to be looked through.
        if (!facts.IsPooled && (_hasProof || !profile.CrashWatch))
        {
            return default;
        }

        var second = Connect(profile, Watcher);
        try
        {
            var other = Prove(second, profile, Watcher);
            LockProof.Check(first, second, facts, other, settings);
            _hasProof = true;
            if (other.IsPooled)
            {
                ApplySettings(second, profile, other.MajorVersion, Watcher); // not before, as above
            }

            return (second, other.ProcessId);
        }
        catch
        {
            second.Dispose();
            throw;
        }
    }

    private NpgsqlConnection Connect(MemberProfile profile, string kind)
    {
        var connection = Source(profile).CreateConnection();
        try
        {
            connection.Open();
            Count(connection, kind);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Count(NpgsqlConnection connection, string kind)
    {
        var isOpen = 1;
        telemetry.ConnectionsChanged(kind, by: 1);
        connection.StateChange += (_, change) =>
        {
            if (change.CurrentState is not ConnectionState.Open && Interlocked.Exchange(ref isOpen, 0) == 1)
            {
                telemetry.ConnectionsChanged(kind, by: -1);
            }
        };
    }

    private void ApplySettings(NpgsqlConnection connection, MemberProfile profile, int version, string kind)
    {
        try
        {
            Apply(SessionSettings.For(profile.LeaseTime, version, CheckInterval()));
        }
        catch (PostgresException e) when (_checksConnection && e.SqlState == PostgresErrorCodes.InvalidParameterValue
            && e.MessageText.Contains(SessionSettings.ChecksConnection, StringComparison.Ordinal))
        {
            _checksConnection = false;
            Apply(SessionSettings.For(profile.LeaseTime, version, CheckInterval()));
        }

        TimeSpan? CheckInterval() => !_checksConnection ? null : kind == Watcher ? SessionSettings.WatcherCheck : SessionSettings.UsualCheck;

        void Apply(IReadOnlyList<KeyValuePair<string, string>> values)
        {
            using var batch = new NpgsqlBatch(connection) { BatchCommands = { new(Sql.CompileNothing), new(Sql.ApplySettings) } };
            batch.BatchCommands[1].Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = ["application_name", .. values.Select(pair => pair.Key)] });
            batch.BatchCommands[1].Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [ApplicationName.Of(profile.Group, profile.MemberId), .. values.Select(pair => pair.Value)] });
            batch.ExecuteNonQuery();
        }
    }

    /// <summary>One source for all our connections, and for those of others that are like ours.</summary>
    private NpgsqlDataSource Source(MemberProfile profile)
    {
        var wanted = SessionString.Of(settings, profile, isFirst: !_hasOpened);
        lock (_gate)
        {
            if (_disposed)
            {
                throw new CoordinationUnavailableException($"Coordination over {settings.Description} has been stopped; nothing connects any more.");
            }

            if (_source is null || _sourceFor != wanted)
            {
                // The former is given back at the end only: somebody may be about to open a connection of it.
                _source = SharedSources.Rent(wanted);
                _sourceFor = wanted;
                _rented.Add(wanted);
            }

            return _source;
        }
    }
}

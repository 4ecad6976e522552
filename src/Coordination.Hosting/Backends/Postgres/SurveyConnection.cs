using Npgsql;
using NpgsqlTypes;

namespace Coordination.Backends.Postgres;

/// <summary>Reads groups for people on a connection of its own, which is there only while somebody looks.</summary>
/// <remarks>
/// One reading at a time; whoever shares readings stands above. Nothing depends on this connection: it holds no lock and stands for no member,
/// so one that has broken is simply replaced, and the reading, which changes nothing, is done again.
/// </remarks>
internal sealed class SurveyConnection(PostgresPlace place) : IDisposable
{
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly string _read = new SurveySql(place.Settings.Schema).Read;
    private NpgsqlConnection? _connection;
    private NpgsqlCommand? _command;
    private ITimer? _closing;
    private volatile bool _disposed;

    /// <summary>Reads; waits for the network, so not on a thread that others need.</summary>
    public GroupFacts Read(MemberProfile profile)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                throw new CoordinationUnavailableException($"Group '{profile.Group}' cannot be read any more: this process has closed its backend.");
            }

            try
            {
                return ReadOnce(profile);
            }
            catch (Exception e) when (!_disposed)
            {
                // A connection that was idle may have been ended by the server, which shows only now.
                var wasKept = e is NpgsqlException && _closing is not null;
                Close();
                return wasKept ? ReadAgain(profile) : throw PostgresErrors.Translate(e, place.Settings);
            }
            catch (Exception e)
            {
                throw PostgresErrors.Translate(e, place.Settings);
            }
            finally
            {
                // Disposing does not wait for a reading that hangs: whoever reads closes after it.
                if (_disposed)
                {
                    Close();
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        CloseIdle();
    }

    private GroupFacts ReadAgain(MemberProfile profile)
    {
        try
        {
            return ReadOnce(profile);
        }
        catch (Exception e)
        {
            Close();
            throw PostgresErrors.Translate(e, place.Settings);
        }
    }

    private GroupFacts ReadOnce(MemberProfile profile)
    {
        if (_connection is null)
        {
            _connection = place.Connector.OpenReader(profile);
            _command = Prepare(_connection);
        }

        _command!.Parameters[0].Value = profile.Group;
        using var reader = _command.ExecuteReader();
        if (!reader.Read())
        {
            throw new CoordinationUnavailableException(
                $"Group '{profile.Group}' is not in schema '{place.Settings.Schema}' of {place.Settings.Description}: nobody has joined it yet. Start the host first.") { IsUnknownGroup = true };
        }

        var now = new DateTimeOffset(DateTime.SpecifyKind(reader.GetDateTime(1), DateTimeKind.Utc));
        var facts = new GroupFacts
        {
            ServerVersion = reader.GetString(0),
            ServerTime = now,
            View = new ViewNumber(reader.GetInt64(2), reader.GetInt64(3)),
            Holding = (int)reader.GetInt64(4),
            Waiting = (int)reader.GetInt64(5),
            Observers = reader.GetFieldValue<string[]>(6),
            Members = SurveyRows.Members(reader.GetString(7)),
            Shown = SurveyRows.Shown(reader, now),
            History = SurveyRows.History(reader.GetString(8)),
            Lost = SurveyRows.Lost(reader.GetString(9)),
        };
        CloseLater(profile.LeaseTime / 2 < LongestIdle ? profile.LeaseTime / 2 : LongestIdle);
        return facts;
    }

    // Planning it takes the server as long as a third of carrying it out.
    private NpgsqlCommand Prepare(NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand(_read, connection);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = GroupFacts.MostShown });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = GroupFacts.MostHistory });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = GroupFacts.MostLost });
        command.Prepare();
        return command;
    }

    private void CloseLater(TimeSpan idle)
    {
        if (_closing is null)
        {
            // It belongs to no request: it must not carry the activity of whoever happened to look first.
            using (ExecutionContext.SuppressFlow())
            {
                _closing = place.Time.CreateTimer(static state => ((SurveyConnection)state!).CloseIdle(), this, idle, Timeout.InfiniteTimeSpan);
            }
        }
        else
        {
            _closing.Change(idle, Timeout.InfiniteTimeSpan);
        }
    }

    private void CloseIdle()
    {
        // A reading that is under way renews the time; this call comes too late then, or too early, and does no harm.
        if (_gate.TryEnter())
        {
            try
            {
                Close();
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    private void Close()
    {
        _closing?.Dispose();
        _closing = null;
        if (_connection is { } connection)
        {
            // In a network that swallows everything closing takes its time, and nobody is to wait for it.
            _connection = null;
            _command = null; // it goes with its connection
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.Dispose(), connection, preferLocal: false);
        }
    }
}

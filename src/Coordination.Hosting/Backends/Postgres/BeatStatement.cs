using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The beat, prepared: one round trip but for the first. Used by the session's thread only.</summary>
internal sealed class BeatStatement
{
    private readonly NpgsqlCommand _silent;
    private readonly NpgsqlCommand _stamped;
    private readonly StandbyConfirmation? _confirmation;

    public BeatStatement(NpgsqlConnection connection, Sql sql, WitnessId self, MemberProfile profile)
    {
        _confirmation = profile.HeartbeatMode is HeartbeatMode.Durable ? new StandbyConfirmation(connection) : null;
        _silent = Command(sql.Beat(looks: !profile.CrashWatch));
        _stamped = Command(sql.StampedBeat(looks: !profile.CrashWatch, isDurable: profile.HeartbeatMode is HeartbeatMode.Durable));

        NpgsqlCommand Command(string text)
        {
            var command = new NpgsqlCommand(text, connection);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = self.Member });
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = self.Session });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = self.Group });
            return command;
        }
    }

    /// <summary>Beats.</summary>
    /// <param name="stamp">Whether the group is to remember it; else nothing is written.</param>
    /// <param name="view">The group's newest view.</param>
    /// <param name="isLiving">Whether we are a living member under this session.</param>
    /// <param name="isStandby">Whether the server is in recovery.</param>
    /// <param name="isOverdue">Whether another member is to be judged.</param>
    /// <param name="isStamped">Whether the group remembers it: not while somebody else has our row locked.</param>
    /// <returns>False: the group is not there any more.</returns>
    /// <exception cref="CoordinationUnavailableException">A durable beat was not confirmed.</exception>
    public bool TryBeat(bool stamp, out ViewNumber view, out bool isLiving, out bool isStandby, out bool isOverdue, out bool isStamped)
    {
        var isThere = TryRead(stamp, out view, out isLiving, out isStandby, out isOverdue, out isStamped);
        _confirmation?.Check();
        return isThere;
    }

    private bool TryRead(bool stamp, out ViewNumber view, out bool isLiving, out bool isStandby, out bool isOverdue, out bool isStamped)
    {
        var command = stamp ? _stamped : _silent;
        if (!command.IsPrepared)
        {
            command.Prepare(); // when it is first asked, and not while a whole fleet comes in
        }

        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            view = default;
            isLiving = isStandby = isOverdue = isStamped = false;
            return false;
        }

        view = new ViewNumber(reader.GetInt64(0), reader.GetInt64(1));
        isLiving = reader.GetBoolean(2);
        isStandby = reader.GetBoolean(3);
        isOverdue = reader.GetBoolean(4);
        isStamped = reader.GetBoolean(5);
        return true;
    }
}

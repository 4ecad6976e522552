using System.Globalization;
using System.Text.Json;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Coordination.Backends.Postgres;

/// <summary>What a session says to the group, each in one round trip or few. Used by the session's thread only; errors are the driver's own.</summary>
internal sealed class GroupStatements(NpgsqlConnection connection, PostgresSettings settings, MemberProfile profile)
{
    /// <summary>How long, in milliseconds, an old session of ours may keep our key before it is ended, and then to end.</summary>
    private const int KeyPatience = 2000;

    /// <summary>Waited for in slices: half of what one statement may take, and short of what the server would log.</summary>
    private readonly int _keySlice = Math.Clamp(Milliseconds(profile.LeaseTime) / 3, 1, 500);

    private readonly Sql _sql = new(settings.Schema);
    private BeatStatement? _beat;
    private ChangesStatement? _changes;
    private long _group;
    private int _member;
    private int _session;
    private long _epoch;

    /// <summary>What is shown of locks.</summary>
    public BoardStatements Board { get; } = new(connection, settings.Schema, profile);

    /// <summary>Locks with several holders.</summary>
    public PlaceStatements Places => field ??= new PlaceStatements(connection, settings.Schema, () => _epoch);

    /// <inheritdoc cref="IBackendSession.TryExtendAsync"/>
    public long? Extend(LockKey key) => connection.ExecuteScalar<long?>(LockSql.Extend(settings.Schema), new { Key = key.Bits, key.IsPair }) is { } number
        ? Fence.TokenOf(_epoch, number)
        : null;

    /// <summary>Enters the group as a new member.</summary>
    /// <param name="seen">The newest view we know, from an earlier stay.</param>
    /// <exception cref="CoordinationConfigurationException">A living member has our id and we are not to take its place; nothing has changed.</exception>
    /// <exception cref="CoordinationUnavailableException">The same, and it has lost its connections: it may come back, or be judged.</exception>
    public OpenedGroup Join(ViewNumber seen)
    {
        RequireStandby();
        var entered = Announced(() => JoinAtOnce(seen) ?? JoinWhatever(seen));
        if (entered.RivalNumber is not null)
        {
            throw HasRival(entered);
        }

        try
        {
            return Opened(entered);
        }
        catch
        {
            // We are a member by now, and nobody will ever beat for it: our own next attempt would find it in its way.
            TryLeave();
            throw;
        }
    }

    /// <summary>Goes on as the member that an earlier session was; publishes url and metadata if they have changed since.</summary>
    /// <param name="memberNumber">Its number.</param>
    /// <param name="seen">The newest view we know.</param>
    /// <returns>Null when the group has gone on without it.</returns>
    public OpenedGroup? Attach(long memberNumber, ViewNumber seen)
    {
        RequireStandby();
        var number = checked((int)memberNumber);
        var isOurs = TryTakeKey(number);
        if (isOurs is false)
        {
            connection.Execute(_sql.EndOldSession, new { Number = number, Id = profile.MemberId });
            isOurs = TryTakeKey(number);
            if (isOurs is false)
            {
                throw new CoordinationUnavailableException(
                    $"The old session of member '{profile.MemberId}' (number {number}) still holds its key and could not be ended. It ends by itself within LeaseTime ({profile.LeaseTime}).");
            }
        }

        if (isOurs is null)
        {
            return null;
        }

        var entered = Announced(() => connection.QuerySingle<EnteredRow>(_sql.Attach, new
        {
            Name = profile.Group,
            Number = number,
            Id = profile.MemberId,
            Url = profile.Url?.OriginalString,
            Metadata = Json(profile.Metadata),
            SeenEpoch = seen.Epoch,
            SeenView = seen.Number,
        }));
        return entered.Session == 0 ? null : Opened(entered);
    }

    /// <summary>Looks on without being a member; the group is created when it is missing.</summary>
    /// <param name="seen">The newest view we know.</param>
    public OpenedGroup Observe(ViewNumber seen) => Opened(Announced(() => connection.QuerySingle<EnteredRow>(
        _sql.Observe, new { Name = profile.Group, SeenEpoch = seen.Epoch, SeenView = seen.Number })));

    /// <summary>Beats, and judges the silent when there are any.</summary>
    /// <param name="stamp">Whether the group is to remember this beat; else nothing is written.</param>
    /// <param name="mayJudge">Whether others may be judged: who has been given up by its own process is no witness.</param>
    /// <param name="isStamped">Whether it does remember it: not while somebody else has our row locked.</param>
    public BeatAnswer Beat(bool stamp, bool mayJudge, out bool isStamped)
    {
        (var answer, var isOverdue, isStamped) = BeatOnce(stamp && !profile.Observe);
        if (!isOverdue || !mayJudge || answer.Standing is not Standing.Good)
        {
            return answer;
        }

        var verdicts = Announced(() => connection.ExecuteScalar<int>(_sql.Judge, new { Group = _group, Number = _member, Session = _session }));
        return verdicts == 0 ? answer : BeatOnce(stamp: false).Answer;
    }

    /// <summary>In what the settings of living members differ from ours that should be the same in a group; asked before entering it.</summary>
    public IEnumerable<string> ReadDifferences()
    {
        var ours = (Lease: Milliseconds(profile.LeaseTime), Grace: Milliseconds(profile.CrashGrace));
        var found = connection.Query<(string Id, int Lease, int Grace, long Count)>(
            _sql.Differences, new { Name = profile.Group, Id = profile.MemberId, ours.Lease, ours.Grace });
        return found.Select(other => string.Create(
            CultureInfo.InvariantCulture,
            $"Member '{other.Id}' of group '{profile.Group}' has LeaseTime {other.Lease} ms and CrashGrace {other.Grace} ms, this process {ours.Lease} ms and {ours.Grace} ms; {other.Count} members differ"));
    }

    /// <summary>The whole group.</summary>
    public GroupSnapshot ReadGroup()
    {
        var rows = connection.Query<MemberRow>(_sql.ReadGroup, new { Group = _group }).AsList();
        return rows.Count == 0
            ? throw GroupIsGone()
            : new GroupSnapshot(
                new ViewNumber(rows[0].Epoch, rows[0].View),
                [.. rows.Where(row => row.Number != 0).Select(row => row.ToMember())]);
    }

    /// <summary>What came after a view; null when the log does not reach back that far, or history was lost in between.</summary>
    public IReadOnlyList<ViewChanges>? ReadChanges(ViewNumber after)
    {
        var rows = (_changes ??= new ChangesStatement(connection, _sql, _group)).Read(after);
        return rows.Count == 0 ? throw GroupIsGone() : ViewLog.After(after, rows);
    }

    /// <summary>Publishes url and metadata; the same as before make no view.</summary>
    /// <exception cref="CoordinationUnavailableException">We are not a living member any more.</exception>
    public void Update(Uri? url, IReadOnlyDictionary<string, string> metadata)
    {
        if (!Announced(() => connection.ExecuteScalar<bool>(
            _sql.Update, new { Number = _member, Session = _session, Url = url?.OriginalString, Metadata = Json(metadata) })))
        {
            throw new CoordinationUnavailableException(
                $"Member '{profile.MemberId}' (number {_member}) is not in group '{profile.Group}' any more; nothing was published. It joins anew by itself.");
        }
    }

    /// <summary>Takes no new work from now on. Of somebody who is gone already nobody expects any: no error.</summary>
    public void MarkLeaving() => Announced(() => connection.ExecuteScalar<bool>(_sql.MarkLeaving, new { Number = _member, Session = _session }));

    /// <summary>Lets go of every lock of this session and leaves the group. Twice is no error, nor is it for an observer.</summary>
    public void Leave() => Announced(() => connection.ExecuteScalar<bool>(_sql.Leave, new { Number = _member, Session = _session }));

    private EnteredRow? JoinAtOnce(ViewNumber seen)
    {
        using var command = new NpgsqlCommand(_sql.JoinAtOnce, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = profile.Group },
                new NpgsqlParameter<string> { TypedValue = profile.MemberId },
                new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)profile.Url?.OriginalString ?? DBNull.Value },
                new NpgsqlParameter<string> { TypedValue = Json(profile.Metadata) },
                new NpgsqlParameter<int> { TypedValue = Milliseconds(profile.LeaseTime) },
                new NpgsqlParameter<int> { TypedValue = Milliseconds(profile.CrashGrace) },
                new NpgsqlParameter<int> { TypedValue = StampTime },
                new NpgsqlParameter<long> { TypedValue = seen.Epoch },
                new NpgsqlParameter<long> { TypedValue = seen.Number },
            },
        };
        using var reader = command.ExecuteReader();
        reader.Read();
        return reader.GetInt32(2) == 0
            ? null
            : new EnteredRow { Group = reader.GetInt64(0), Epoch = reader.GetInt64(1), Number = reader.GetInt32(2), Session = reader.GetInt32(3), IsStampTimeSet = true };
    }

    private EnteredRow JoinWhatever(ViewNumber seen) => connection.QuerySingle<EnteredRow>(_sql.Join, new
    {
        Name = profile.Group,
        Id = profile.MemberId,
        Url = profile.Url?.OriginalString,
        Metadata = Json(profile.Metadata),
        Lease = Milliseconds(profile.LeaseTime),
        Grace = Milliseconds(profile.CrashGrace),
        Supersede = profile.OnNameConflict is OnNameConflict.Supersede,
        SeenEpoch = seen.Epoch,
        SeenView = seen.Number,
    });

    private void TryLeave()
    {
        try
        {
            Leave();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is broken: others will see it die.
        }
    }

    private CoordinationException HasRival(EnteredRow entered) => entered.RivalPid is null
        ? new CoordinationUnavailableException(
            $"Member '{profile.MemberId}' of group '{profile.Group}' (number {entered.RivalNumber}, since {entered.RivalSince:u}) has lost its connections and may come back. " +
            "Its place is free when it is judged dead, by anybody at once or by us after three times its CrashGrace; evict it to have it sooner, or set OnNameConflict to Supersede.")
        : new CoordinationConfigurationException(
            $"Group '{profile.Group}' has a living member '{profile.MemberId}' already (number {entered.RivalNumber}, server process {entered.RivalPid}, since {entered.RivalSince:u}). " +
            "Give this process another MemberId, stop the other one, or take its place with OnNameConflict = Supersede.");

    private void RequireStandby()
    {
        if (profile.HeartbeatMode is HeartbeatMode.Durable)
        {
            StandbyConfirmation.Require(connection, settings);
        }
    }

    private int StampTime => profile is { HeartbeatMode: HeartbeatMode.Sparse, Observe: false } ? Milliseconds(BeatSchedule.StampIntervalOf(profile)) : 0;

    private static int Milliseconds(TimeSpan time) => (int)Math.Min(int.MaxValue, Math.Ceiling(time.TotalMilliseconds));

    private static string Json(IReadOnlyDictionary<string, string> metadata) => JsonSerializer.Serialize(metadata);

    private OpenedGroup Opened(EnteredRow entered)
    {
        (_group, _member, _session, _epoch) = (entered.Group, entered.Number, entered.Session, entered.Epoch);
        var self = new WitnessId(_group, _member, _session);
        _beat = new BeatStatement(connection, _sql, self, profile);
        if (StampTime > 0 && !entered.IsStampTimeSet)
        {
            connection.Execute(_sql.SetStampTime, new { Number = _member, Session = _session, Milliseconds = StampTime });
        }
        else if (profile is { HeartbeatMode: HeartbeatMode.Durable, Observe: false })
        {
            // Or a primary that is cut off would give a lease with every attempt to come back.
            if (!BeatOnce(stamp: true).IsStamped)
            {
                throw new CoordinationUnavailableException(
                    $"The row of member '{profile.MemberId}' (number {_member}) is locked by another session of the database: its first durable heartbeat cannot be written. It is tried again.");
            }
        }

        return new OpenedGroup(self, entered.Epoch, ReadGroup());
    }

    private (BeatAnswer Answer, bool IsOverdue, bool IsStamped) BeatOnce(bool stamp)
    {
        if (!_beat!.TryBeat(stamp, out var view, out var isLiving, out var isStandby, out var isOverdue, out var isStamped))
        {
            throw GroupIsGone();
        }

        var standing = isStandby ? Standing.Standby : isLiving || profile.Observe ? Standing.Good : Standing.Gone;
        return (new BeatAnswer(view, standing), isOverdue, isStamped);
    }

    /// <summary>
    /// The old connection is broken for us, but the server may not have noticed yet. It is given two seconds; then it is ended,
    /// and given two more. Null: there is no such member any more.
    /// </summary>
    private bool? TryTakeKey(int number)
    {
        bool? isOurs = false;
        for (var waited = 0; waited < KeyPatience && isOurs is false; waited += _keySlice)
        {
            isOurs = connection.ExecuteScalar<bool?>(_sql.TakeSessionKey, new { Number = number, Id = profile.MemberId, Milliseconds = _keySlice });
        }

        return isOurs;
    }

    private T Announced<T>(Func<T> change) => Announcing.Do(connection, change);

    private CoordinationUnavailableException GroupIsGone() => new(
        $"Group '{profile.Group}' is not in schema '{settings.Schema}' of {settings.Description} any more: somebody deleted it. It is created anew with the next join.");
}

using System.Data;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Everything a session says to its group. Used by the session's thread only.</summary>
internal sealed class GroupStatements(NpgsqlConnection connection, PostgresSettings settings, MemberProfile profile)
{
    private static readonly TimeSpan KeyPatience = TimeSpan.FromSeconds(2);

    private readonly GroupSql _sql = new(settings.Schema);
    private BeatStatement? _beat;
    private int _number;
    private int _session;

    /// <summary>Joins as a new member.</summary>
    /// <exception cref="CoordinationConfigurationException">A living member has the name, and we must not supersede it.</exception>
    public OpenedGroup Join()
    {
        var epoch = OpenHistory(default);
        _number = connection.ExecuteScalar<int>(_sql.NextMember);
        _session = 1;

        // The key before the row: whoever sees the row and finds the key free may call us dead.
        if (!TakeKey())
        {
            throw new CoordinationUnavailableException($"The key of the new member number {_number} is held by somebody else. Trying again with another.");
        }

        var joined = connection.ExecuteScalar<bool>(_sql.Join, new
        {
            group = profile.Group,
            epoch,
            number = _number,
            id = profile.MemberId,
            supersede = profile.OnNameConflict is OnNameConflict.Supersede,
            lease = (int)profile.LeaseTime.TotalMilliseconds,
            grace = (int)profile.CrashGrace.TotalMilliseconds,
            url = profile.Url?.OriginalString,
            metadata = JsonSerializer.Serialize(profile.Metadata),
        });
        return joined
            ? new OpenedGroup(_number, _session, epoch, ReadGroup())
            : throw new CoordinationConfigurationException(
                $"Group '{profile.Group}' has a living member '{profile.MemberId}' already, and OnNameConflict is Fail. Stop that process, or give this one another MemberId.");
    }

    /// <summary>Comes back as the member that we were; null when the group has gone on without us.</summary>
    public OpenedGroup? Attach(long memberNumber, ViewNumber seen)
    {
        _number = (int)memberNumber;
        var epoch = OpenHistory(seen);
        TakeKeyBack();
        var session = connection.ExecuteScalar<int?>(_sql.Attach, new
        {
            group = profile.Group,
            epoch,
            number = _number,
            url = profile.Url?.OriginalString,
            metadata = JsonSerializer.Serialize(profile.Metadata),
        });
        if (session is null)
        {
            return null;
        }

        _session = session.Value;
        return new OpenedGroup(_number, _session, epoch, ReadGroup());
    }

    /// <summary>Looks on without being a member.</summary>
    public OpenedGroup Observe(ViewNumber seen) => new(0, 0, OpenHistory(seen), ReadGroup());

    /// <summary>Beats, and judges silent members when the beat finds some.</summary>
    public BeatAnswer Beat(bool stamp)
    {
        _beat ??= new BeatStatement(connection, _sql.Beat, profile.Group, _number, _session);
        var (answer, isOverdue) = _beat.Execute(stamp);
        return isOverdue
            && answer.Standing is Standing.Good
            && connection.ExecuteScalar<int>(_sql.Expire, new { group = profile.Group, number = _number, session = _session }) > 0
                ? _beat.Execute(stamp: false).Answer
                : answer;
    }

    public GroupSnapshot ReadGroup()
    {
        var rows = connection.Query<MemberRow>(_sql.ReadGroup, new { group = profile.Group }).AsList();
        return rows.Count == 0
            ? new GroupSnapshot(default, [])
            : new GroupSnapshot(
                new ViewNumber(rows[0].Epoch, rows[0].View),
                [.. rows.Where(row => row.MemberNo is not null).Select(row => row.ToMember())]);
    }

    /// <summary>What changed after a view; null when the log does not reach back that far.</summary>
    public IReadOnlyList<ViewChanges>? ReadChanges(ViewNumber after)
    {
        var rows = connection.Query<MemberRow>(_sql.ReadChanges, new { group = profile.Group, epoch = after.Epoch, view = after.Number }).AsList();
        if (rows.Count == 0 || rows[0].MemberNo is null)
        {
            return rows.Count == 0 || new ViewNumber(rows[0].Epoch, rows[0].View) == after ? [] : null;
        }

        List<ViewChanges> changes = [];
        foreach (var view in rows.GroupBy(row => new ViewNumber(row.LogEpoch, row.LogView)))
        {
            changes.Add(new ViewChanges(view.Key, [.. view.Select(row => row.ToChange())]));
        }

        return changes[0].View == new ViewNumber(after.Epoch, after.Number + 1) ? changes : null;
    }

    public void Update(Uri? url, IReadOnlyDictionary<string, string> metadata) =>
        Change(new { group = profile.Group, number = _number, session = _session, url = url?.OriginalString, metadata = JsonSerializer.Serialize(metadata), status = (string?)null });

    public void MarkLeaving() =>
        Change(new { group = profile.Group, number = _number, session = _session, url = (string?)null, metadata = (string?)null, status = "leaving" });

    /// <summary>Lets go of every lock of this session, its own key among them.</summary>
    public void ReleaseAll() => connection.Execute(_sql.ReleaseAll);

    public void Leave()
    {
        if (_number > 0)
        {
            connection.ExecuteScalar<bool>(_sql.Leave, new { group = profile.Group, number = _number, session = _session });
        }
    }

    private void Change(object parameters)
    {
        if (_number > 0 && !connection.ExecuteScalar<bool>(_sql.Update, parameters))
        {
            throw new CoordinationUnavailableException($"Member '{profile.MemberId}' is not in group '{profile.Group}' any more; nothing was changed. It joins anew by itself.");
        }
    }

    private long OpenHistory(ViewNumber seen) =>
        connection.ExecuteScalar<long>(_sql.OpenHistory, new { group = profile.Group, epoch = seen.Epoch, view = seen.Number });

    private bool TakeKey() => connection.ExecuteScalar<bool>(_sql.TakeKey, new { space = MemberKeys.Session, number = _number });

    /// <summary>The server may not have noticed yet that our old connection is gone; after a while we end it ourselves.</summary>
    private void TakeKeyBack()
    {
        using var pause = new ManualResetEventSlim();
        for (var waited = TimeSpan.Zero; !TakeKey(); waited += TimeSpan.FromMilliseconds(50))
        {
            if (waited >= KeyPatience)
            {
                connection.Execute(_sql.EndOldSession, new { number = _number });
            }

            if (waited >= 2 * KeyPatience)
            {
                throw new CoordinationUnavailableException($"The key of member number {_number} is still held by its old session. Trying again.");
            }

            pause.Wait(TimeSpan.FromMilliseconds(50));
        }
    }
}

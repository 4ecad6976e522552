namespace Coordination.Backends.Files;

/// <summary>Beats, and the look at the others.</summary>
internal sealed partial class FileWorker
{
    private BeatAnswer? Beat(bool onlyIfDue)
    {
        var map = _folder.Map;
        var standing = Standing();
        if (onlyIfDue && standing is Backends.Standing.Good && map.ViewStamp == _viewStamp && _time.GetElapsedTime(_beatAt) < _interval)
        {
            return null;
        }

        var sentAt = Moment.Now(_time);
        if (map.Retired && !_isInside)
        {
            Inside(static () => { }); // to where the others have gone
            map = _folder.Map;
        }

        var isOurs = map.TryWriteHeartbeat(Slot, _session.Number, sentAt.Timestamp);
        Interlocked.MemoryBarrier();
        standing = Standing();
        if (map.Retired)
        {
            return null; // the next look beats where the others are
        }

        if (!isOurs)
        {
            throw Buried();
        }

        _beatAt = sentAt.Timestamp;
        if (!_isInside)
        {
            LookAtFolder();
            _waits.ForEach(static wait => wait.LookAgain());
        }

        var answer = new BeatAnswer(new ViewNumber(Epoch, _view), Standing());
        _beaten(sentAt, answer);
        return answer;
    }

    private void LookAtFolder()
    {
        if (!_folder.IsInPlace() || !File.Exists(_folder.Paths.Lifeline(_session.Number)))
        {
            throw new CoordinationUnavailableException($"Folder '{_folder.Paths.Root}', or a file in it, was removed or replaced while it was in use. Do not delete it while a process uses it.");
        }

        var stamp = _folder.Map.ViewStamp;
        if (stamp != _viewStamp)
        {
            Inside(() =>
            {
                EnsureOwn();
                if (_session.Member != 0 && Group.Find(_session.Member) is null)
                {
                    _folder.Map.Evict(Slot); // whoever took our place was killed before it could say so
                }

                (_view, _viewStamp) = (Group.View, _folder.Map.ViewStamp);
                _graceEnds = Group.Members.Where(entry => entry.Session == 0)
                    .Select(entry => entry.SuspectSince + (long)(entry.Grace.TotalSeconds * _time.TimestampFrequency))
                    .DefaultIfEmpty(long.MaxValue)
                    .Min();
            });
        }
    }

    private Standing Standing() =>
        _folder.Map.ReadNumber(Slot) != _session.Number || _folder.Map.IsEvicted(Slot) ? Backends.Standing.Gone : Backends.Standing.Good;

    private void Watch()
    {
        var period = _waits.Count > 0 ? LookAroundInLine : LookAround;
        if (_time.GetElapsedTime(_lookedAt) < period)
        {
            return;
        }

        _lookedAt = _time.GetTimestamp();
        if (_watch.IsAnyDead(_session.Number, _waits.Count > 0) || _time.GetTimestamp() > _graceEnds)
        {
            Inside(() =>
            {
                EnsureOwn();
                Roster.BuryTheDead(_profile.Group);
            });
            LookAfterWaits();
            Beat(onlyIfDue: true);
        }
    }
}

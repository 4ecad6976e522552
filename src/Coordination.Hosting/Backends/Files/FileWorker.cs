using System.Collections.Concurrent;

namespace Coordination.Backends.Files;

/// <summary>What a session's thread does. Used by that thread only.</summary>
internal sealed partial class FileWorker : IDisposable
{
    private static readonly TimeSpan LookAtWaits = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LookAround = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookAroundInLine = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan LongestBeat = TimeSpan.FromMilliseconds(500);

    private readonly Folder _folder;
    private readonly TimeProvider _time;
    private readonly MemberProfile _profile;
    private readonly Action<Moment, BeatAnswer> _beaten;
    private readonly NeighbourWatch _watch;
    private readonly List<FileWait> _waits = [];
    private readonly List<LockCommand> _commands = [];
    private readonly List<(long? Result, CoordinationException? Refusal)> _answers = [];
    private readonly List<FolderCall> _calls = [];
    private readonly Dictionary<LockKey, LockKey> _names = [];
    private readonly ConcurrentDictionary<LockKey, int> _holders = [];
    private readonly TimeSpan _interval;
    private KernelLock? _lifeline;
    private SessionSlot _session;
    private long _view;
    private long _viewStamp;
    private long _beatAt;
    private long _lookedAt;
    private long _graceEnds = long.MaxValue;
    private bool _isInside;
    private bool _isClosed;

    public FileWorker(Folder folder, TimeProvider time, MemberProfile profile, Action<Moment, BeatAnswer> beaten)
    {
        (_folder, _time, _profile, _beaten) = (folder, time, profile, beaten);
        _interval = profile.HeartbeatInterval < LongestBeat ? profile.HeartbeatInterval : LongestBeat;
        Roster = new FileRoster(folder, time);
        Board = new FileBoard(folder, Roster, time);
        _watch = new NeighbourWatch(Roster);
    }

    public FileRoster Roster { get; }

    public FileBoard Board { get; }

    public SessionSlot Session => _session;

    public long Epoch => _folder.State.Epoch;

    /// <summary>The group as it was when the session opened.</summary>
    public GroupDocument Opening { get; private set; } = new(string.Empty, 0, [], []);

    /// <summary>The group now, inside the mutex.</summary>
    public GroupDocument Group => Roster.Groups.Get(_profile.Group);

    private int Slot => FileSessions.SlotOf(_session.Number);

    /// <summary>Enters the group.</summary>
    /// <returns>False: it has gone on without us.</returns>
    public bool Open((long Number, ViewNumber Seen)? attach)
    {
        var isIn = false;
        Inside(() =>
        {
            if (attach is not var (number, seen))
            {
                (_session, Opening) = Roster.Join(_profile, out _lifeline);
                isIn = true;
            }
            else if (Roster.Attach(_profile, number, seen, out _lifeline) is var (session, group))
            {
                (_session, Opening) = (session, group);
                isIn = true;
            }
        });
        (_view, _viewStamp) = (Opening.View, -1); // read again with the first beat
        Roster.Judge = _session.Member == 0 ? null : _session.Member;
        return isIn;
    }

    /// <summary>Works until the inbox is closed.</summary>
    public void Serve(SessionInbox inbox)
    {
        while (inbox.Take(_commands, _calls, Patience()))
        {
            if (_commands.Count > 0 || _calls.Exists(static call => call.IsInside))
            {
                Execute();
            }

            foreach (var call in _calls)
            {
                if (!call.IsInside)
                {
                    call.Run();
                }

                call.Tell();
            }

            _calls.Clear();
            LookAfterWaits();
            Beat(onlyIfDue: true);
            Watch();
        }
    }

    /// <summary>Stands in line, inside the mutex.</summary>
    public void Stand(FileWait wait)
    {
        wait.Line = wait is FileKeyWait { Mode: var mode }
            ? Roster.Locks.Wait(_session.Number, wait.Key, mode)
            : Roster.Places.Wait(_session.Number, wait.Key);
        _waits.Add(wait);
    }

    /// <summary>Leaves the line, inside the mutex, if it stands there.</summary>
    public void Withdraw(FileWait wait)
    {
        if (_waits.Contains(wait) && !wait.IsOver)
        {
            wait.Withdraw(Roster);
            wait.IsOver = true; // told with the next look, outside the mutex
        }
    }

    public int HoldersOf(LockKey name) => _holders.GetValueOrDefault(name, 1);

    /// <summary>A place is ours: its release has to find it.</summary>
    public void Taken(LockKey place, LockKey name) => _names[place] = name;

    public int CheckPlaces(LockKey key, IReadOnlyList<LockKey> places)
    {
        _holders[key] = places.Count;
        return Roster.Places.Check(key, places);
    }

    public PlaceGrant? TakePlace(LockKey key, IReadOnlyList<LockKey> places)
    {
        var grant = Roster.Places.Take(_session.Number, key, places, HoldersOf(key));
        if (grant is { } taken)
        {
            Taken(taken.Place, key);
        }

        return grant;
    }

    /// <summary>Beats.</summary>
    public BeatAnswer Beat()
    {
        BeatAnswer? answer;
        do
        {
            answer = Beat(onlyIfDue: false);
        }
        while (answer is null);
        return answer.Value;
    }

    /// <summary>Says farewell.</summary>
    public void Leave() => Inside(() => Roster.Leave(_session));

    /// <summary>Gives everything back that is left.</summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _waits.ForEach(wait => wait.Fail(SessionInbox.Over()));
        _calls.ForEach(call => call.Fail(SessionInbox.Over()));
        try
        {
            Inside(() =>
            {
                if (_session.Number != 0 && Roster.Sessions.TryFind(_session.Number, out _))
                {
                    Roster.Drop(_session, "its owner gave it up");
                }
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CoordinationException)
        {
            // The folder cannot be written: the lifeline goes with us, and whoever finds it free clears up.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _lifeline?.Dispose();
    }

    private TimeSpan Patience()
    {
        var beat = _interval - _time.GetElapsedTime(_beatAt);
        var look = _waits.Count > 0 ? LookAtWaits : LookAround;
        return beat < look ? beat : look;
    }

    private void LookAfterWaits()
    {
        var isAny = false;
        foreach (var wait in _waits)
        {
            isAny |= wait.IsOver | wait.MayBeServed(_folder);
        }

        if (!isAny)
        {
            return;
        }

        Inside(() =>
        {
            EnsureOwn();
            foreach (var wait in _waits)
            {
                wait.IsOver = wait.IsOver || wait.TrySettle(Roster, _folder);
            }
        });
        var over = _waits.FindAll(static wait => wait.IsOver);
        _waits.RemoveAll(static wait => wait.IsOver);
        over.ForEach(static wait => wait.Tell());
    }

    private void EnsureOwn()
    {
        if (_folder.Map.ReadNumber(Slot) != _session.Number)
        {
            throw Buried();
        }
    }

    private CoordinationUnavailableException Buried() => new(
        $"The others ended this session: it was silent for its lease of {_profile.LeaseTime.TotalSeconds:0.###} s. A new one is being opened; if this process pauses for so long at times, raise LeaseTime.");

    private void Inside(Action work)
    {
        _folder.Enter(_session.Number == 0 ? null : BeatInLine);
        bool counts;
        try
        {
            work();
        }
        finally
        {
            counts = _folder.TryLeave();
        }

        if (!counts)
        {
            throw new CoordinationUnavailableException(
                $"This process stood still for more than {Folder.Patience.TotalSeconds:0} s while it changed '{_folder.Paths.Root}', and the others went on without it. It connects again by itself; look for what stops it (a debugger, a full disk, a machine that was suspended).");
        }
    }

    // While somebody else is inside for long. Only the word: what needs the mutex comes later.
    private void BeatInLine()
    {
        if (!_isInside && !_isClosed && _time.GetElapsedTime(_beatAt) >= _interval)
        {
            _isInside = true;
            try
            {
                Beat(onlyIfDue: false);
            }
            finally
            {
                _isInside = false;
            }
        }
    }
}

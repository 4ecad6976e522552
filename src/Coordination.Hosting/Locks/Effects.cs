using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>
/// What a change of the table leads to, collected under the gate and carried out outside it: all of it is other people's code,
/// or takes other locks.
/// </summary>
internal ref struct Effects
{
    private LockClaim? _released;
    private LockClaim? _lastReleased;
    private LockClaim? _settled;
    private LockClaim? _lastSettled;
    private LockCommand? _posted;
    private List<LockCommand>? _together;
    private List<LockEntry>? _waits;

    /// <summary>A release for the connection that keeps the key.</summary>
    public HomeRelease? AtHome { get; set; }

    /// <summary>The connection that keeps the key, which is to be given back soon.</summary>
    public HomeLease? Expecting { get; set; }

    /// <summary>A waiting that nobody needs any more.</summary>
    public CancellationTokenSource? Unwait { get; set; }

    /// <summary>A holder that gives back what had been lost before anybody was told.</summary>
    public LockClaim? Lost { get; set; }

    /// <summary>How the releases went that are done.</summary>
    public ReleaseOutcome Outcome { get; set; }

    /// <summary>Questions that have no command of their own.</summary>
    public Action? Start { get; set; }

    /// <summary>A command for the server.</summary>
    public void Post(LockCommand command)
    {
        if (_posted is null)
        {
            _posted = command;
        }
        else
        {
            (_together ??= [_posted]).Add(command);
        }
    }

    /// <summary>A key is to be waited for at the server.</summary>
    public void Wait(LockEntry entry) => (_waits ??= []).Add(entry);

    /// <summary>A release is done; whoever gave it back is to be told. Null: nobody did.</summary>
    public void Release(LockClaim? claim)
    {
        if (claim is null)
        {
            return;
        }

        if (_lastReleased is null)
        {
            _released = claim;
        }
        else
        {
            _lastReleased.NextSettled = claim;
        }

        _lastReleased = claim;
    }

    /// <summary>The claim is decided; its caller is to be told.</summary>
    public void Settle(LockClaim claim)
    {
        if (_lastSettled is null)
        {
            _settled = claim;
        }
        else
        {
            _lastSettled.NextSettled = claim;
        }

        _lastSettled = claim;
    }

    public readonly void PostTo(IBackendSession session)
    {
        if (_together is not null)
        {
            session.Post(_together);
        }
        else if (_posted is not null)
        {
            session.Post(_posted);
        }
    }

    /// <summary>
    /// Starts to ask and to wait, in nobody's context: what one caller's flow carries along would else live on in every question that
    /// follows from this one.
    /// </summary>
    public readonly void Begin(ServerAnswers answers)
    {
        if (Start is null && _waits is null)
        {
            return;
        }

        var isSuppressed = ExecutionContext.IsFlowSuppressed();
        var flow = isSuppressed ? default : ExecutionContext.SuppressFlow();
        try
        {
            Start?.Invoke();
            foreach (var entry in _waits ?? [])
            {
                _ = answers.WaitAsync(entry, entry.Waiting!);
            }
        }
        finally
        {
            if (!isSuppressed)
            {
                flow.Undo();
            }
        }
    }

    /// <summary>Tells whoever gave something back, and whoever's claim was decided.</summary>
    public readonly void Tell(LockJournal journal)
    {
        if (Lost is { } lost)
        {
            lost.FireLostInPool();
        }

        for (var released = _released; released is not null;)
        {
            var next = released.NextSettled;
            released.NextSettled = null;
            try
            {
                released.TellReleased(Outcome);
            }
            catch (Exception e)
            {
                journal.NotTold(released, e);
            }

            released = next;
        }

        for (var claim = _settled; claim is not null;)
        {
            var next = claim.NextSettled;
            claim.NextSettled = null;
            try
            {
                claim.Tell();
            }
            catch (Exception e)
            {
                journal.NotTold(claim, e);
            }

            claim = next;
        }
    }
}

using Coordination.Backends;
using Coordination.Sessions;

namespace Coordination.Locks;

/// <summary>
/// What a change of the table leads to, collected under the gate and carried out outside it: all of it is other people's code,
/// or takes other locks.
/// </summary>
internal ref struct Effects
{
    private LockClaim? _settled;
    private LockClaim? _lastSettled;
    private LockCommand? _posted;
    private List<LockCommand>? _together;

    /// <summary>A release for the connection that keeps the key.</summary>
    public HomeRelease? AtHome { get; set; }

    /// <summary>The connection that keeps the key, which is to be given back soon.</summary>
    public HomeLease? Expecting { get; set; }

    /// <summary>A key to wait for at the server.</summary>
    public LockEntry? Wait { get; set; }

    /// <summary>A waiting that nobody needs any more.</summary>
    public CancellationTokenSource? Unwait { get; set; }

    /// <summary>A release that is done.</summary>
    public LockClaim? Released { get; set; }

    /// <summary>How it went.</summary>
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

    public readonly void TellSettled()
    {
        for (var claim = _settled; claim is not null;)
        {
            var next = claim.NextSettled;
            claim.NextSettled = null;
            claim.Tell();
            claim = next;
        }
    }
}

using Coordination.Backends;

namespace Coordination.Locks;

/// <summary>
/// What a change of the table leads to, collected under the gate and carried out outside it: all of it is other people's code,
/// or takes other locks.
/// </summary>
internal ref struct Effects
{
    private LockClaim? _settled;
    private LockClaim? _lastSettled;
    private LockEntry? _posted;
    private LockEntry? _lastPosted;

    /// <summary>A release for the connection that keeps the key.</summary>
    public HomeRelease? AtHome { get; set; }

    /// <summary>A key to wait for at the server.</summary>
    public LockEntry? Wait { get; set; }

    /// <summary>A waiting that nobody needs any more.</summary>
    public CancellationTokenSource? Unwait { get; set; }

    /// <summary>A release that is done.</summary>
    public LockClaim? Released { get; set; }

    /// <summary>How it went.</summary>
    public ReleaseOutcome Outcome { get; set; }

    /// <summary>A command for the server.</summary>
    public void Post(LockEntry entry)
    {
        if (_lastPosted is null)
        {
            _posted = entry;
        }
        else
        {
            _lastPosted.NextPosted = entry;
        }

        _lastPosted = entry;
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
        if (_posted is null)
        {
            return;
        }

        if (_posted == _lastPosted)
        {
            session.Post(_posted);
            return;
        }

        List<LockCommand> together = [];
        for (var entry = _posted; entry is not null;)
        {
            var next = entry.NextPosted;
            entry.NextPosted = null;
            together.Add(entry);
            entry = next;
        }

        session.Post(together);
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

using Coordination.Diagnostics;

namespace Coordination.Leadership;

/// <summary>One stay in a role.</summary>
internal sealed class LeaderTerm : ILeaderTerm
{
    private readonly LeadershipContext _context;
    private readonly ILockHandle _handle;
    private readonly RoleNote _note;
    private readonly TimeSpan _hold;
    private readonly Action _over;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _following = new();
    private readonly CancellationTokenRegistration[] _registrations;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _begun;
    private int _isLost;
    private int _isEnding;

    /// <param name="context">The parts around it.</param>
    /// <param name="role">The role.</param>
    /// <param name="handle">The role's lock, which is the term's now.</param>
    /// <param name="note">What the group sees.</param>
    /// <param name="hold">How long the role is kept from others when the term is lost and not disposed.</param>
    /// <param name="over">Called once, when the role is free for others.</param>
    public LeaderTerm(LeadershipContext context, string role, ILockHandle handle, RoleNote note, TimeSpan hold, Action over)
    {
        (_context, Role, _handle, _note, _hold, _over) = (context, role, handle, note, hold, over);
        _begun = context.Time.GetTimestamp();
        Log.TermBegan(context.Logger, role, handle.Token);
        _registrations =
        [
            handle.Lost.UnsafeRegister(static term => ((LeaderTerm)term!).Lose("Its lock is lost."), this),
            context.Group.Lost.UnsafeRegister(static term => ((LeaderTerm)term!).Lose("This member is out of the group."), this),
        ];
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(WatchOurselvesAsync);
        }
    }

    /// <inheritdoc/>
    public string Role { get; }

    /// <inheritdoc/>
    public FencingToken Token => _handle.Token;

    /// <inheritdoc/>
    public bool IsHeld => Volatile.Read(ref _isLost) == 0 && Volatile.Read(ref _isEnding) == 0 && _handle.IsHeld;

    /// <summary>The role's lock.</summary>
    public ILockHandle Handle => _handle;

    /// <inheritdoc/>
    public CancellationToken Lost =>
        // Also right before the watchdog has run: the lock's own token compares the clock at every look.
        Volatile.Read(ref _isEnding) == 0 && !_lost.IsCancellationRequested && _handle.Lost.IsCancellationRequested
            ? new CancellationToken(canceled: true)
            : _lost.Token;

    /// <inheritdoc/>
    public async ValueTask ResignAsync()
    {
        if (Interlocked.Exchange(ref _isEnding, 1) == 0)
        {
            await EndAsync().ConfigureAwait(false);
        }

        await _ended.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ResignAsync();

    private async Task EndAsync()
    {
        foreach (var registration in _registrations)
        {
            registration.Unregister();
        }

        await _following.CancelAsync().ConfigureAwait(false);
        await _context.GiveBackAsync(_handle, Role, _note).ConfigureAwait(false);
        Log.TermEnded(_context.Logger, Role, Token, _context.Time.GetElapsedTime(_begun));
        _over();
        _ended.SetResult();
    }

    private void Lose(string reason)
    {
        if (Volatile.Read(ref _isEnding) == 0 && Interlocked.Exchange(ref _isLost, 1) == 0)
        {
            try
            {
                _lost.Cancel();
            }
            finally
            {
                Log.TermLost(_context.Logger, Role, Token, reason);
                _ = EndInTimeAsync();
            }
        }
    }

    // Nobody begins before the work here has stopped, which a dispose says. One that never comes must not keep the role for ever
    // once the lock is gone; while it is held the role is ours.
    private async Task EndInTimeAsync()
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(_handle.Lost, _following.Token);
        await Task.Delay(Timeout.InfiniteTimeSpan, _context.Time, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(_hold, _context.Time, _following.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_following.IsCancellationRequested)
        {
            Log.TermKept(_context.Logger, Role, Token, _hold);
            await ResignAsync().ConfigureAwait(false);
        }
    }

    private async Task WatchOurselvesAsync()
    {
        try
        {
            var view = await _context.SeesAsync(view => _context.SelfIn(view) is { IsDegraded: true }, _following.Token).ConfigureAwait(false);
            Lose($"This member reports itself degraded: {_context.SelfIn(view)!.DegradedReason}");
        }
        catch (OperationCanceledException)
        {
            // The term has ended before.
        }
    }
}

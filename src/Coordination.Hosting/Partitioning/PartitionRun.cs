using Coordination.Diagnostics;

namespace Coordination.Partitioning;

/// <summary>One partition in this process, from the moment at which it is wanted to the moment at which it is given away.</summary>
/// <remarks>
/// <code>
/// Wanted ──lock granted, no doubt left──▶ Owned ──not wanted any more──▶ Draining ──the run has ended──▶ lock released
///    ▲                                      └──lost with the lease──▶ the run is told and awaited ──┐
///    └──────────────────────────────────────────────────────────────────────────────────────────────┘
/// </code>
/// <para>A run that does not end keeps its lock: a partition without an owner is a delay, one with two is a fault. Only a host
/// that stops lets go of it, at the end of its shutdown timeout, and then the process ends.</para>
/// <para>The lock is tried again and again and never waited for at the server: a waiter connection keeps what it wins for as long as the lock
/// lives, and a partition lives for days. Attempts that come together are one batch.</para>
/// </remarks>
internal sealed class PartitionRun(PartitionTerms terms, PartitionBoard board, PartitionCaution caution, IPartitionedService service, int partition)
{
    private static readonly TimeSpan FirstAttempt = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FirstRestart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRestart = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DrainReport = TimeSpan.FromSeconds(30);

    private CancellationTokenSource? _wanted;
    private bool _wasBusy;

    /// <summary>Ends when nothing of the partition is left in this process.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Whether the plan gives the partition to us.</summary>
    public bool IsWanted => _wanted is not null;

    /// <summary>Takes the partition as soon as it is free. Called by one caller at a time, like <see cref="GiveAway"/>.</summary>
    public void Want()
    {
        if (_wanted is null)
        {
            _wanted = new CancellationTokenSource();
            Ended = LiveAsync(Ended, _wanted.Token);
        }
    }

    /// <summary>Tells the run to end, and lets the partition go when it has.</summary>
    public void GiveAway()
    {
        // Callbacks on the token are the user's code, and one that blocks must not keep the other partitions here.
        _ = _wanted?.CancelAsync();
        _wanted = null;
    }

    private async Task LiveAsync(Task before, CancellationToken unwanted)
    {
        // Given away and wanted again: the old run may still drain.
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        while (await AcquireAsync(unwanted).ConfigureAwait(false) is { } handle)
        {
            await using (handle.ConfigureAwait(false))
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(unwanted, handle.Lost);
                if (await IsSureAsync(over.Token).ConfigureAwait(false))
                {
                    await OwnAsync(handle, over.Token).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<ILockHandle?> AcquireAsync(CancellationToken unwanted)
    {
        _wasBusy = false;
        var patience = new Patience(FirstAttempt, LongestAttempt);
        string? reason = null;
        while (!unwanted.IsCancellationRequested)
        {
            try
            {
                if (await terms.Locks.TryAcquireAsync(terms.LockOf(partition), cancellationToken: unwanted).ConfigureAwait(false) is { } handle)
                {
                    return handle;
                }

                reason = null;
                _wasBusy = true;
            }
            catch (OperationCanceledException) when (unwanted.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                if (e.Message != reason)
                {
                    Log.PartitionNotTaken(terms.Logger, partition, terms.Service, e.Message);
                    reason = e.Message; // said once, not at every attempt
                }
            }

            await DelayAsync(patience.Next(), unwanted).ConfigureAwait(false);
        }

        return null;
    }

    private async Task<bool> IsSureAsync(CancellationToken over)
    {
        var granted = terms.Time.GetTimestamp();
        while (!over.IsCancellationRequested && caution.LeftFor(granted, _wasBusy) is var left && left > TimeSpan.Zero)
        {
            await DelayAsync(left, over).ConfigureAwait(false);
        }

        return !over.IsCancellationRequested;
    }

    private async Task OwnAsync(ILockHandle handle, CancellationToken over)
    {
        board.Add(partition, handle);
        Log.PartitionAssigned(terms.Logger, partition, terms.Service, handle.Token);
        await using var lost = handle.Lost.UnsafeRegister(_ => board.Remove(partition, handle), null).ConfigureAwait(false);
        try
        {
            await ServeAsync(over).ConfigureAwait(false);
        }
        finally
        {
            board.Remove(partition, handle);
        }

        if (handle.IsHeld)
        {
            Log.PartitionGivenAway(terms.Logger, partition, terms.Service, handle.Token);
        }
        else
        {
            Log.PartitionLost(terms.Logger, partition, terms.Service, handle.Token);
        }
    }

    private async Task ServeAsync(CancellationToken over)
    {
        var patience = new Patience(FirstRestart, LongestRestart);
        while (!over.IsCancellationRequested)
        {
            var started = terms.Time.GetTimestamp();
            try
            {
                // Not on our own thread: a run may work for long before its first await.
                await DrainedAsync(Task.Run(() => service.RunAsync(partition, over), CancellationToken.None), over).ConfigureAwait(false);
                await DelayAsync(Timeout.InfiniteTimeSpan, over).ConfigureAwait(false); // it is done; the partition stays ours
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (over.IsCancellationRequested)
            {
                Log.PartitionEndFailed(terms.Logger, partition, terms.Service, e);
            }
            catch (Exception e)
            {
                if (terms.Time.GetElapsedTime(started) > LongestRestart)
                {
                    patience.Reset();
                }

                var delay = patience.Next();
                Log.PartitionFailed(terms.Logger, partition, terms.Service, delay, e);
                await DelayAsync(delay, over).ConfigureAwait(false);
            }
        }
    }

    private async Task DrainedAsync(Task run, CancellationToken over)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(over);
        await Task.WhenAny(run, DelayAsync(Timeout.InfiniteTimeSpan, ended.Token)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        while (!run.IsCompleted)
        {
            using var reported = new CancellationTokenSource();
            if (await Task.WhenAny(run, DelayAsync(DrainReport, reported.Token)).ConfigureAwait(false) != run)
            {
                Log.PartitionDrains(terms.Logger, partition, terms.Service, DrainReport);
            }

            await reported.CancelAsync().ConfigureAwait(false);
        }

        await run.ConfigureAwait(false);
    }

    // Ends in time or when it is told to; which of the two, the caller sees by the token.
    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, terms.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

using Coordination.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Coordination.Partitioning;

/// <summary>Runs a partitioned service: follows the views, and wants and gives away partitions as the plan says.</summary>
/// <remarks>
/// Started: the group learns that this member can own partitions. Stopping: every run is told to end, so that the others have
/// the partitions while requests still drain here. Stop: the runs are awaited, until the host's patience is over.
/// </remarks>
/// <param name="terms">The service. Not before the start: a wrong setting is then told together with all others.</param>
/// <param name="board">Where everybody sees what is ours.</param>
/// <param name="create">Makes the object that works.</param>
internal sealed class PartitionHost(Func<PartitionTerms> terms, PartitionBoard board, Func<IPartitionedService> create) : IHostedLifecycleService, IDisposable
{
    /// <summary>How long to leave it alone when something that should not fail has failed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private PartitionRun[] _runs = [];
    private IPartitionedService? _service;
    private Task _following = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _service = create(); // what it lacks stops the start
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var known = terms();
        var caution = new PartitionCaution(known.Time);
        _runs = [.. Enumerable.Range(0, known.Count).Select(partition => new PartitionRun(known, board, caution, _service!, partition))];

        // What we run outlives whoever starts it and must not carry its activity or other ambient values.
        using (ExecutionContext.SuppressFlow())
        {
            _following = Task.Run(() => FollowAsync(known, caution), CancellationToken.None);
        }

        try
        {
            await known.AnnounceAsync(PartitionNote.KeyOf(known.Service), new PartitionNote(known.Count, IsReady: true).ToString(), cancellationToken).ConfigureAwait(false);
        }
        catch (CoordinationException)
        {
            // The connection is away at this moment: it is published with the next join or attach.
        }
    }

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);

        // First who starts runs: else one could begin behind our back.
        await _following.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_runs.Select(run => run.Ended)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_following.IsCompleted || _runs.Any(run => !run.Ended.IsCompleted))
        {
            var known = terms();
            Log.PartitionsLeft(known.Logger, _runs.Count(run => !run.Ended.IsCompleted), known.Service);
        }
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel(); // a host that failed on its way up is disposed without a stop
        _stopping.Dispose();
    }

    private async Task FollowAsync(PartitionTerms known, PartitionCaution caution)
    {
        var stopping = _stopping.Token;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(known, caution, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The stop; what is ours goes to the others.
            }
            catch (Exception e)
            {
                Log.PartitionsUnfollowed(known.Logger, e, known.Service, Pause);
            }
            finally
            {
                // Whoever follows no views does not know what others want: nothing is kept meanwhile.
                Array.ForEach(_runs, run => run.GiveAway());
            }

            await Task.Delay(Pause, known.Time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(PartitionTerms known, PartitionCaution caution, CancellationToken stopping)
    {
        var plan = new PartitionPlan(known.Service, known.Count, known.SettleTime);
        var started = known.Time.GetTimestamp();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await using var views = known.Membership.WatchAsync(enough.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = views.MoveNextAsync().AsTask();
        var view = GroupView.Empty;
        Member? deviating = null;
        try
        {
            while (true)
            {
                var isNew = next.IsCompleted;
                if (isNew)
                {
                    view = await next.ConfigureAwait(false) ? views.Current : throw new InvalidOperationException("The group's views have ended.");
                    next = views.MoveNextAsync().AsTask();
                }

                // By id and not by IGroupMembership.Self: that is nobody while the connection is away, and what we own stays ours in the view.
                var self = known.MemberId is { } id ? view.Find(id)?.Number ?? 0 : 0;
                if (isNew)
                {
                    caution.See(view, self);
                }

                var now = known.Time.GetElapsedTime(started);
                plan.Follow(view, self, board.Mine, now);
                caution.Settle(plan.SettlesIn(self, now));
                Apply(known, view, plan);
                deviating = Report(known, plan, self, deviating);
                await NextAsync(known, next, plan.Due - known.Time.GetElapsedTime(started)).ConfigureAwait(false);
            }
        }
        finally
        {
            // An enumerator that is still moving cannot be disposed.
            await enough.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Apply(PartitionTerms known, GroupView view, PartitionPlan plan)
    {
        var (come, go) = (0, 0);
        for (var partition = 0; partition < _runs.Length; partition++)
        {
            var run = _runs[partition];
            var isMine = plan.Wanted.Contains(partition);
            come += isMine && !run.IsWanted ? 1 : 0;
            go += !isMine && run.IsWanted ? 1 : 0;
            if (isMine)
            {
                run.Want();
            }
            else
            {
                run.GiveAway();
            }
        }

        if (come + go > 0)
        {
            Log.PartitionsMove(known.Logger, view.Number, known.Service, come, go, plan.Wanted.Count);
        }
    }

    private static Member? Report(PartitionTerms known, PartitionPlan plan, long self, Member? reported)
    {
        if (plan.Deviating is { } deviating && deviating.Number != reported?.Number)
        {
            if (self >= deviating.Number || !plan.IsAgreed)
            {
                Log.PartitionCountRefused(known.Logger, known.Service, known.Count, deviating.Id);
            }
            else
            {
                Log.PartitionCountDiffers(known.Logger, known.Service, known.Count, deviating.Id);
            }
        }

        return plan.Deviating;
    }

    private static async Task NextAsync(PartitionTerms known, Task next, TimeSpan? due)
    {
        using var enough = new CancellationTokenSource();
        var wait = due is { } time && time > TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(1);
        await Task.WhenAny(next, Task.Delay(due is null ? Timeout.InfiniteTimeSpan : wait, known.Time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }
}

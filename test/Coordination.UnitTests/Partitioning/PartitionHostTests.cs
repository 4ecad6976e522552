using System.Threading.Channels;
using Coordination.Partitioning;
using Coordination.UnitTests.Leadership;
using Coordination.UnitTests.Membership;

namespace Coordination.UnitTests.Partitioning;

public sealed class PartitionHostTests : IPartitionedService
{
    private readonly Channel<StubRun> _begun = Channel.CreateUnbounded<StubRun>();

    Task IPartitionedService.RunAsync(int partition, CancellationToken cancellationToken)
    {
        var run = new StubRun(cancellationToken);
        _begun.Writer.TryWrite(run);
        return run.Task;
    }

    [Fact]
    public async Task A_failure_while_following_the_views_gives_everything_away_and_begins_anew()
    {
        var time = new ManualTime();
        var log = new RecordedLog();
        var group = new StubGroup("me");
        var locks = new StubLocks { Name = "partition/billing/0", Answer = () => new StubHandle(1) };
        var board = new PartitionBoard(1);
        var terms = new PartitionTerms("billing", 1, TimeSpan.Zero, group, locks, time)
        {
            Logger = log,
            MemberId = "me",
            AnnounceAsync = static (_, _, _) => Task.CompletedTask,
        };
        var me = Members.Named("me", 1) with { Metadata = new Dictionary<string, string> { [PartitionNote.KeyOf("billing")] = new PartitionNote(1, IsReady: true).ToString() } };
        using var host = new PartitionHost(() => terms, board, () => this);
        await host.StartAsync(TestContext.Current.CancellationToken);
        group.Publish([me]);
        await host.StartedAsync(TestContext.Current.CancellationToken);
        var first = await _begun.NextAsync();

        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var telling = first.Told.Register(told.SetResult);
        group.Publish([null!]); // a view that nobody can read
        await log.LoggedAsync("PartitionsUnfollowed");

        await told.Task.InTime();
        first.End();
        group.Publish([me]);
        time.Advance(await time.TimerSetAsync(due => due == TimeSpan.FromSeconds(1)));
        var second = await _begun.NextAsync();
        Assert.False(second.Told.IsCancellationRequested);
        second.End();
        await host.StopAsync(TestContext.Current.CancellationToken);
    }
}

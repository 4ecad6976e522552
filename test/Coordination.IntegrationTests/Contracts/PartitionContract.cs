using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Partitions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>What partitions promise, on every backend and through the public interface only.</summary>
public abstract class PartitionContract : Contract
{
    private const int Count = 20;
    private const string Service = "billing";

    protected PartitionLedger Ledger { get; } = new();

    [Fact(Timeout = Limit)]
    public async Task One_member_runs_every_partition_and_an_observer_none()
    {
        var observer = await StartWorkerAsync("observer", options => options.Observe = true);
        var one = await StartWorkerAsync("one");

        await Ledger.ReachesAsync(running => running.Count == Count, Ending);

        Assert.All(Ledger.Running.Values, who => Assert.Equal("one", who));
        Assert.Equal(Enumerable.Range(0, Count), Mine(one).Mine.Order());
        Assert.True(Mine(one).Owns("any key"));
        Assert.InRange(Mine(one).PartitionOf("any key"), 0, Count - 1);
        Assert.Equal(Count, Mine(observer).Count);
        Assert.Empty(Mine(observer).Mine);
        Assert.False(Mine(observer).Owns("any key"));
    }

    [Fact(Timeout = Limit)]
    public async Task Members_share_the_partitions_and_each_has_one_owner_while_they_come_and_go()
    {
        var one = await StartWorkerAsync("one");
        await Ledger.ReachesAsync(running => running.Count == Count, Ending);

        var two = await StartWorkerAsync("two");
        await SpreadAsync(one, two);
        var three = await StartWorkerAsync("three");
        await SpreadAsync(one, two, three);
        await one.StopAsync();
        await SpreadAsync(two, three);
        await two.StopAsync();
        await SpreadAsync(three);

        Ledger.AssertFaultless();
    }

    [Fact(Timeout = Limit)]
    public async Task A_partition_moves_on_when_its_run_has_ended_and_not_before()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var other = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var one = await StartScriptedAsync("one", partitions: 1, async (_, stop) =>
        {
            await using var noted = stop.UnsafeRegister(_ => told.TrySetResult(), null);
            await mayEnd.Task;
        });
        await OwnsAsync(one, 1);
        await StartScriptedAsync("two", partitions: 1, (_, _) =>
        {
            other.TrySetResult();
            return Task.CompletedTask;
        });

        var stopped = one.StopAsync();
        await told.Task.WaitAsync(Ending);
        Assert.Equal([0], Mine(one).Mine);
        Assert.False(other.Task.IsCompleted);
        Assert.False(stopped.IsCompleted);

        mayEnd.SetResult();
        await other.Task.WaitAsync(Ending);
        Assert.Empty(Mine(one).Mine);
        await stopped;
    }

    [Fact(Timeout = Limit)]
    public async Task A_run_that_throws_is_started_again_and_one_that_ends_is_done()
    {
        var runs = new int[2];
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new LogCollector();
        var one = await StartScriptedAsync("one", partitions: 2, log: log, script: (partition, _) =>
        {
            var run = Interlocked.Increment(ref runs[partition]);
            if (partition == 1)
            {
                done.TrySetResult();
                return Task.CompletedTask;
            }

            if (run == 2)
            {
                again.SetResult();
                return Task.CompletedTask;
            }

            throw new InvalidDataException("the run's own");
        });

        await Task.WhenAll(again.Task, done.Task).WaitAsync(Ending); // in either order

        Assert.Equal([2, 1], runs);
        Assert.Equal([0, 1], Mine(one).Mine.Order());
        Assert.Contains("4054 The run of partition 0 of 'billing' failed", log.Text, StringComparison.Ordinal);
        Assert.Contains("the run's own", log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Members_with_another_number_of_partitions_wait_until_those_before_them_are_gone()
    {
        var log = new LogCollector();
        var one = await StartWorkerAsync("one");
        await OwnsAsync(one, Count);

        var two = await StartWorkerAsync("two", count: Count + 1, log: log);
        await two.SeesAsync(view => view.Find("two")?.Metadata[$"coordination.partitions.{Service}"] == $"{Count + 1}");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(log.Text.Contains("4058 This member owns no partition of 'billing'", StringComparison.Ordinal)), "an error is logged");
        Assert.Empty(Mine(two).Mine);
        Assert.Equal(Count, Mine(one).Mine.Count);

        await one.StopAsync();
        await OwnsAsync(two, Count + 1);
        Ledger.AssertFaultless();
    }

    [Fact(Timeout = Limit)]
    public async Task A_member_without_the_service_owns_none_and_users_locks_of_any_name_are_others()
    {
        var other = await StartAsync("other");
        await using var held = await other.Locks.AcquireAsync($"partition/{Service}/0", cancellationToken: Ending);

        var one = await StartWorkerAsync("one");

        await OwnsAsync(one, Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_watcher_hears_of_every_partition_that_comes_and_goes()
    {
        var one = await StartWorkerAsync("one");
        var (mine, come, gone) = (new HashSet<int>(), 0, 0);
        var goal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var watch = Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var change in Mine(one).WatchAsync(end.Token))
            {
                Assert.True(change.Kind is PartitionChangeKind.Assigned ? mine.Add(change.Partition) : mine.Remove(change.Partition));
                (come, gone) = change.Kind is PartitionChangeKind.Assigned ? (come + 1, gone) : (come, gone + 1);
                if (come == Count && gone > 0 && mine.Count == Mine(one).Mine.Count)
                {
                    goal.TrySetResult();
                }
            }
        });
        await OwnsAsync(one, Count);

        var two = await StartWorkerAsync("two");
        await SpreadAsync(one, two);

        await goal.Task.WaitAsync(Ending);
        await end.CancelAsync();
        await watch;
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_member_tells_about_itself_keeps_its_partitions()
    {
        var (one, two) = (await StartWorkerAsync("one"), await StartWorkerAsync("two"));
        await SpreadAsync(one, two);

        await one.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["weight"] = "0" }, Ending);
        await OwnsAsync(two, Count);
        await one.Group.UpdateMetadataAsync(new Dictionary<string, string>(one.Group.Self!.Metadata) { ["weight"] = "1" }, Ending);

        await SpreadAsync(one, two);
        await Assert.ThrowsAsync<ArgumentException>(() => one.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["weight"] = "much" }, Ending).AsTask());
        Ledger.AssertFaultless();
    }

    [Fact(Timeout = Limit)]
    public async Task A_degraded_member_keeps_its_partitions_and_gets_none_of_others_until_it_is_well()
    {
        string? trouble = null;
        var one = await StartWorkerAsync("one");
        var two = await StartWorkerAsync("two", options => options.Degraded = () => Volatile.Read(ref trouble));
        var three = await StartWorkerAsync("three");
        await SpreadAsync(one, two, three);
        var own = Mine(two).Mine.Order().ToList();

        Volatile.Write(ref trouble, "its disk is full");
        await one.SeesAsync(view => view.Find("two")?.IsDegraded is true);
        await one.StopAsync();
        await Ledger.ReachesAsync(running => running.Count == Count && running.Values.All(who => who is "two" or "three"), Ending);
        Assert.Equal(own, Ledger.Running.Where(pair => pair.Value == "two").Select(pair => pair.Key).Order());

        Volatile.Write(ref trouble, null);
        await SpreadAsync(two, three);
        Ledger.AssertFaultless();
    }

    protected static IPartitionAssignment Mine(Replica replica) => replica.Services.GetRequiredKeyedService<IPartitionAssignment>(Service);

    private protected Task<Replica> StartWorkerAsync(string id, Action<CoordinationOptions>? configure = null, int count = Count, LogCollector? log = null) =>
        StartAsync<LedgerService>(id, count, services => services.AddSingleton(Ledger), log, configure);

    /// <summary>Waits until these share all partitions, each by the view, and each partition is worked on.</summary>
    protected async Task SpreadAsync(params Replica[] replicas)
    {
        var view = await replicas[0].SeesAsync(view => replicas.All(replica => view.Members.Any(member => member.Id == replica.Group.Self?.Id)));
        var members = replicas.Select(replica => replica.Group.Self!).ToList();
        var wanted = view with { Members = members };
        await Ledger.ReachesAsync(
            running => Enumerable.Range(0, Count).All(partition => running.GetValueOrDefault(partition) == wanted.OwnerOf($"{Service}/{partition}").Id), Ending);
    }

    protected static async Task OwnsAsync(Replica replica, int count)
    {
        await foreach (var _ in Mine(replica).WatchAsync(Ending))
        {
            if (Mine(replica).Mine.Count == count)
            {
                return;
            }
        }
    }

    private Task<Replica> StartScriptedAsync(string id, int partitions, Func<int, CancellationToken, Task> script, LogCollector? log = null) =>
        StartAsync<ScriptedService>(id, partitions, services => services.AddSingleton(script), log);

    private async Task<Replica> StartAsync<T>(
        string id, int partitions, Action<IServiceCollection> services, LogCollector? log, Action<CoordinationOptions>? configure = null)
        where T : class, IPartitionedService
    {
        var replica = Keep(new Replica(
            options =>
            {
                (options.BackendUrl, options.Group, options.MemberId) = (BackendUrl, GroupName, id);
                configure?.Invoke(options);
            },
            collection =>
            {
                services(collection);
                collection.AddCoordination().AddPartitionedService<T>(Service, partitions, options => options.SettleTime = TimeSpan.FromMilliseconds(200));
                if (log is not null)
                {
                    collection.AddLogging(logging => logging.AddProvider(log));
                }
            }));
        await replica.StartAsync();
        return replica;
    }
}

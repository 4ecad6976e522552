using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Leaders;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>Services that run on the leader only.</summary>
public abstract partial class LeaderContract
{
    private readonly LeaderLedger _ledger = new();

    [Fact(Timeout = Limit)]
    public async Task A_leader_service_runs_on_one_member_and_moves_on_when_it_has_stopped_and_not_before()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mayEnd = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ledger.Scripts["one First"] = async stop =>
        {
            await using var noted = stop.UnsafeRegister(_ => told.TrySetResult(), null);
            await mayEnd.Task;
        };
        var one = await StartServiceAsync("one", services => services.AddLeaderService<LedgerLeader.First>("billing"));
        await _ledger.HasAsync("start one First", Ending);
        var two = await StartServiceAsync("two", services => services.AddLeaderService<LedgerLeader.First>("billing"));

        var stopped = one.StopAsync();
        await told.Task.WaitAsync(Ending);
        Assert.Equal("one", (await Election(two).GetLeaderAsync("billing", Ending))?.Id);
        Assert.Equal(["start one First"], _ledger.Lines);
        Assert.False(stopped.IsCompleted);

        mayEnd.SetResult();
        await _ledger.HasAsync("start two First", Ending);
        await stopped;
        Assert.Equal(["start one First", "end one First", "stopped one First", "start two First"], _ledger.Lines);
    }

    [Fact(Timeout = Limit)]
    public async Task Services_of_one_role_share_its_leader_start_in_order_and_stop_the_other_way_round()
    {
        var one = await StartServiceAsync("one", services => services
            .AddLeaderService<LedgerLeader.First>("billing")
            .AddLeaderService<LedgerLeader.Second>("billing")
            .AddLeaderService<LedgerLeader.First>("billing")); // twice adds nothing twice
        await _ledger.HasAsync("start one Second", Ending);

        await one.StopAsync();

        Assert.Equal(["start one First", "start one Second"], _ledger.Lines.Take(2));
        Assert.Equal(["stopped one Second", "stopped one First"], _ledger.Lines.Where(line => line.StartsWith("stopped", StringComparison.Ordinal)));
    }

    [Fact(Timeout = Limit)]
    public async Task Services_of_several_roles_are_led_apart()
    {
        var one = await StartServiceAsync("one", services => services.AddLeaderService<LedgerLeader.First>("billing"));
        await _ledger.HasAsync("start one First", Ending); // before the other one can campaign for the same role
        await StartServiceAsync("two", services => services.AddLeaderService<LedgerLeader.Second>("mailing").AddLeaderService<LedgerLeader.First>("billing"));
        await _ledger.HasAsync("start two Second", Ending);

        await one.StopAsync();

        await _ledger.HasAsync("start two First", Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_throws_or_ends_gives_the_role_back_and_is_tried_again()
    {
        var runs = 0;
        var log = new LogCollector();
        _ledger.Scripts["one First"] = stop => Interlocked.Increment(ref runs) switch
        {
            1 => Task.FromException(new InvalidDataException("the service's own")),
            2 => Task.CompletedTask,
            _ => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop),
        };
        var one = await StartServiceAsync("one", services => services.AddLeaderService<LedgerLeader.First>("billing"), log);
        await using var watch = Election(one).WatchAsync("billing", Ending).GetAsyncEnumerator(Ending);
        await NextAsync(watch);

        await _ledger.ReachesAsync(lines => lines.Count(line => line == "start one First") == 3, Ending);

        Assert.Contains("4006 The services of role 'billing'", log.Text, StringComparison.Ordinal);
        Assert.Contains("the service's own", log.Text, StringComparison.Ordinal);
        Assert.Contains("returned from ExecuteAsync although its term went on", log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_cannot_be_made_leaves_the_role_to_others()
    {
        var log = new LogCollector();
        await StartServiceAsync("one", services => services.AddLeaderService<LedgerLeader>("billing"), log); // it lacks its texts
        await Eventually.BecomesTrueAsync(() => Task.FromResult(log.Text.Contains("4006 The services of role 'billing'", StringComparison.Ordinal)), "the failure is told");
        await StartServiceAsync("two", services => services.AddLeaderService<LedgerLeader.First>("billing"));

        await _ledger.HasAsync("start two First", Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task An_observer_runs_no_leader_service_and_says_so()
    {
        var log = new LogCollector();
        await StartServiceAsync("observer", services => services.AddLeaderService<LedgerLeader.First>("billing"), log, options => options.Observe = true);
        var one = await StartServiceAsync("one", services => services.AddLeaderService<LedgerLeader.First>("billing"));
        await _ledger.HasAsync("start one First", Ending);

        await one.StopAsync();

        Assert.DoesNotContain(_ledger.Lines, line => line.Contains("observer", StringComparison.Ordinal));
        Assert.Contains("4010", log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_leader_service_of_a_keyed_membership_runs_on_the_leader_of_that_one()
    {
        void Keyed(CoordinationOptions options) => (options.BackendUrl, options.Group, options.MemberId) = (BackendUrl, $"keyed {GroupName}", "one");
        var one = Keep(new Replica(
            options => (options.BackendUrl, options.Group, options.MemberId) = (BackendUrl, GroupName, "plain"),
            services => Ledger(services.AddKeyedCoordination("stock", Keyed), "one").AddLeaderService<LedgerLeader.First>("billing")));
        await one.StartAsync();

        await _ledger.HasAsync("start one First", Ending);

        Assert.Equal("one", (await one.Services.GetRequiredKeyedService<ILeaderElection>("stock").GetLeaderAsync("billing", Ending))?.Id);
        Assert.Null(await Election(one).GetLeaderAsync("billing", Ending));
    }

    private Task<Replica> StartServiceAsync(
        string member, Action<ICoordinationBuilder> add, LogCollector? log = null, Action<CoordinationOptions>? configure = null)
    {
        var replica = Keep(new Replica(
            options =>
            {
                (options.BackendUrl, options.Group, options.MemberId) = (BackendUrl, GroupName, member);
                configure?.Invoke(options);
            },
            services =>
            {
                if (log is not null)
                {
                    services.AddLogging(logging => logging.AddProvider(log));
                }

                add(Ledger(services.AddCoordination(), member));
            }));
        return StartedAsync(replica);
    }

    private static async Task<Replica> StartedAsync(Replica replica)
    {
        await replica.StartAsync();
        return replica;
    }

    private ICoordinationBuilder Ledger(ICoordinationBuilder builder, string member)
    {
        builder.Services.AddSingleton(_ledger);
        builder.Services.Configure<MemberName>(name => name.Value = member);
        return builder;
    }
}

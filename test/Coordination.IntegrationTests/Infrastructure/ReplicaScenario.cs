using System.Collections.Concurrent;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A story of real processes on a database of its own. Whatever it starts is ended with it.</summary>
public abstract class ReplicaScenario(PostgresServer server) : IAsyncLifetime
{
    /// <summary>The lease of the replicas, short to keep the stories short.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    /// <summary>A lease that no test outlasts, for what has to come long before it is over: within <see cref="Soon"/>.</summary>
    internal const string LongLease = "00:01:00";

    /// <summary>In seconds: for what takes a part of one, on a machine that has other things to do. Nothing that waits for <see cref="LongLease"/> comes so early.</summary>
    internal const double Soon = 10;

    // Replicas are started side by side: what is not noted here would outlive the test.
    private readonly ConcurrentStack<IAsyncDisposable> _owned = new();
    private TestDatabase? _database;

    internal static TimeProvider Time => TimeProvider.System;

    internal TestDatabase Database => _database ?? throw new InvalidOperationException("The database is not created yet.");

    internal PostgresServer Server => server;

    public virtual async ValueTask InitializeAsync() => _database = Own(await server.CreateDatabaseAsync());

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
        {
            await owned.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    internal T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>A replica on the test's database, joined and serving.</summary>
    internal Task<Replica> StartAsync(params (string Key, string Value)[] settings) => StartOnAsync(Database.Url, settings);

    internal async Task<Replica> StartOnAsync(string url, params (string Key, string Value)[] settings) =>
        Own(await Replica.StartedAsync(url, [("Group", "replicas"), .. settings]));

    /// <summary>Asks until the replica is a member, under a number that fits.</summary>
    internal static async Task<ReplicaEvent> BecomesMemberAsync(Replica replica, Predicate<ReplicaEvent>? fits = null)
    {
        ReplicaEvent? state = null;
        try
        {
            await Eventually.BecomesTrueAsync(
                async () =>
                {
                    state = await replica.AskAsync("state");
                    return state.Text is nameof(MembershipState.Joined) && fits?.Invoke(state) is not false;
                },
                $"replica {replica.ProcessId} is a member",
                Limits.Long);
        }
        catch (TimeoutException e)
        {
            var log = replica.Log;
            throw new TimeoutException(
                $"{e.Message} It is {state!.Text} and sees view {state.Epoch}.{state.View} with {string.Join(", ", state.Members)}. Its log ends:\n{log[Math.Max(0, log.Length - 6000)..]}", e);
        }

        return state!;
    }

    /// <summary>The first view of <paramref name="witness"/> after <paramref name="since"/> that shows, or no longer shows, the member.</summary>
    internal static Task<ReplicaEvent> ViewAsync(Replica witness, string member, bool shown, long since = 0) =>
        witness.ExpectAsync(
            said => said.Kind == "view" && said.At > since && said.Members.Any(text => text.StartsWith(member + " ", StringComparison.Ordinal)) == shown,
            $"a view {(shown ? "with" : "without")} {member}");

    internal static async Task<string> AcquireAsync(Replica replica, string name, string id)
    {
        replica.Tell(new ReplicaCommand("acquire") { Id = id, Name = name });
        await replica.ExpectAsync("acquired", id);
        return id;
    }

    /// <summary>Seconds between two moments of the clock that all processes share.</summary>
    internal static double Seconds(long from, long to) => Time.GetElapsedTime(from, to).TotalSeconds;

    /// <summary>Waits until all have been here for longer than the grace, and have been heard of since: until then nobody may accuse.</summary>
    protected Task BecomeRipeAsync(int count, bool isWatched = true) => Eventually.BecomesTrueAsync(
        () => Database.ScalarAsync<bool>(
            $"""
            select count(*) = {count} and min(last_heartbeat) > max(attached_at) and bool_and(watched) = {isWatched}
                and max(attached_at) < clock_timestamp() - max(grace_ms) * interval '1 ms'
            from coordination.members
            """),
        "all may accuse");
}

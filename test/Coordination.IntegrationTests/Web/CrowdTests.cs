using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;

namespace Coordination.IntegrationTests.Web;

/// <summary>A thousand requests at once, of which some clients go away: nobody overlaps, nothing is left.</summary>
public sealed class CrowdTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang
    private const int Requests = 1000;
    private const int Values = 100;

    private readonly ConcurrentDictionary<string, int> _inside = new();
    private int _overlaps;
    private int _ran;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_thousand_requests_over_a_hundred_values_with_clients_that_go_away_never_overlap_and_leave_nothing()
    {
        await using var here = await StartAsync();
        await using var there = await StartAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Requests).Select(number => SendAsync(number % 2 == 0 ? here : there, number / 2 % Values)));

        var gone = outcomes.Count(outcome => outcome is null);
        Assert.Equal(0, _overlaps);
        Assert.All(outcomes.OfType<HttpStatusCode>(), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.InRange(gone, 1, Requests - 1);
        Assert.InRange(_ran, Requests - gone, Requests);
        await Eventually.BecomesTrueAsync(async () => (await Task.WhenAll(IsIdleAsync(here), IsIdleAsync(there))).All(idle => idle), "no lock is held or waited for");
        var names = Enumerable.Range(0, Values).Select(value => (LockName)$"order-{value}").ToList();
        await Eventually.BecomesTrueAsync(async () => await IsFreeAsync(there, names), "no lock is held or waited for in the database");

        // All of them at once: one that was left behind would be missing.
        await using var all = await here.Locks.AcquireAllAsync(names, new() { Timeout = Limits.Step }, Ending);
        Assert.True(all.IsHeld);
    }

    private static async Task<bool> IsIdleAsync(WebReplica replica)
    {
        var health = await replica.HealthAsync();
        return Equals(health["lockWaiters"], 0) && Equals(health["locksHeld"], 0);
    }

    private static async Task<bool> IsFreeAsync(WebReplica replica, IEnumerable<LockName> names)
    {
        foreach (var name in names)
        {
            if (await replica.Locks.InspectAsync(name, Ending) is not { IsHeld: false, Waiters: 0 })
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<HttpStatusCode?> SendAsync(WebReplica replica, int value)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        if (RandomNumberGenerator.GetInt32(4) == 0)
        {
            patience.CancelAfter(RandomNumberGenerator.GetInt32(1, 400));
        }

        try
        {
            using var answer = await replica.Client.PostAsync($"/orders/{value}", content: null, patience.Token);
            return answer.StatusCode;
        }
        catch (OperationCanceledException) when (!Ending.IsCancellationRequested)
        {
            return null;
        }
    }

    private Task<WebReplica> StartAsync() => WebReplica.StartAsync(
        database.Url,
        app => app.MapPost("/orders/{id}", WorkAsync).RequireLock("order-{id}", options => options.Timeout = Timeout.InfiniteTimeSpan));

    private async Task WorkAsync(string id)
    {
        Interlocked.Increment(ref _ran);
        if (_inside.AddOrUpdate(id, 1, (_, count) => count + 1) > 1)
        {
            Interlocked.Increment(ref _overlaps);
        }

        // The work takes a turn on the database, which a request of the same value would overlap with if it could.
        await database.Database.ExecuteAsync("select pg_sleep(0.002)");
        _inside.AddOrUpdate(id, 0, (_, count) => count - 1);
    }
}

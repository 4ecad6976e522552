using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Coordination.IntegrationTests.Web;

/// <summary>Clients that wait, and one that does not wait any more.</summary>
public sealed class WaitingClientTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang

    private readonly Stage _stage = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_client_that_goes_away_while_it_waits_leaves_no_waiter_and_its_handler_never_runs()
    {
        await using var here = await StartAsync();
        await using var there = await StartAsync();
        await using var held = await there.Locks.AcquireAsync("order-7", cancellationToken: Ending);
        using var patience = new CancellationTokenSource();
        var waiting = here.Client.PostAsync("/orders/7", content: null, patience.Token);
        await Eventually.BecomesTrueAsync(async () => Equals((await here.HealthAsync())["lockWaiters"], 1), "the request waits");

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Eventually.BecomesTrueAsync(async () => Equals((await here.HealthAsync())["lockWaiters"], 0), "nobody waits in the process");
        await held.DisposeAsync();
        await using var next = await here.Locks.AcquireAsync("order-7", new() { Timeout = Limits.Step }, Ending);
        Assert.Equal(0, _stage.Played);
        Assert.DoesNotContain("Error ", here.Log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_that_waits_gets_the_lock_when_it_is_free()
    {
        await using var here = await StartAsync();
        await using var there = await StartAsync();
        var held = await there.Locks.AcquireAsync("order-8", cancellationToken: Ending);
        var waiting = here.PostAsync("/orders/8");
        await Eventually.BecomesTrueAsync(async () => Equals((await here.HealthAsync())["lockWaiters"], 1), "the request waits");

        await held.DisposeAsync();
        var handle = await _stage.BegunAsync("8");
        _stage.End("8");

        using var answer = await waiting;
        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("order-8", handle?.Name.Value);
        Assert.True(handle?.Token > held.Token);
    }

    private Task<WebReplica> StartAsync() => WebReplica.StartAsync(
        database.Url,
        app => app
            .MapPost("/orders/{id}", (string id, HttpContext context, CancellationToken token) => _stage.PlayAsync(context, id, token))
            .RequireLock("order-{id}", options => options.Timeout = Timeout.InfiniteTimeSpan));
}

using System.Net;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>Locks on endpoints of every kind, and beside other parts of the framework.</summary>
public sealed class EndpointKindTests
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://kinds-{Guid.NewGuid():N}";
    private readonly Stage _stage = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Theory(Timeout = Limit)]
    [InlineData("/shops/north/orders/7")]
    [InlineData("/orders/7/at/north")]
    public async Task An_action_takes_the_locks_of_its_class_of_its_own_and_of_the_mapping_together_on_every_route(string path)
    {
        await using var replica = await WebReplica.StartAsync(_url, app => app.MapControllers().RequireLock("mapped-{shop}"), WithShop);
        var request = replica.PostAsync(path);
        var handle = await _stage.BegunAsync("north7");

        foreach (var name in (string[])["shop-north", "order-7", "mapped-north"])
        {
            Assert.Null(await replica.Locks.TryAcquireAsync(name, cancellationToken: Ending));
        }

        _stage.End("north7");
        using var answer = await request;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.False(handle!.IsHeld);
        await using var all = await replica.Locks.TryAcquireAllAsync(["shop-north", "order-7", "mapped-north"], cancellationToken: Ending);
        Assert.NotNull(all);
    }

    [Fact(Timeout = Limit)]
    public async Task A_kind_of_endpoint_that_runs_no_filters_is_refused_at_the_start()
    {
        var refused = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => WebReplica.StartAsync(_url, app =>
        {
            var blind = new BlindEndpoints();
            ((IEndpointRouteBuilder)app).DataSources.Add(blind);
            blind.RequireLock("a");
        }));

        Assert.Contains("Endpoint 'blind': it is of a kind that runs no endpoint filters", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task The_locks_of_a_keyed_membership_are_used_where_its_key_is_given()
    {
        await using var replica = await WebReplica.StartAsync(
            _url,
            app => app.MapPost("/orders/{id}", PlayAsync).RequireLock("order-{id}", options => options.Key = "billing"),
            builder => builder.Services.AddKeyedCoordination("billing", o => (o.BackendUrl, o.Group) = (_url, "billing")));
        await using var other = await replica.Locks.AcquireAsync("order-7", cancellationToken: Ending);
        var request = replica.PostAsync("/orders/7");
        await _stage.BegunAsync("7");

        Assert.Null(await replica.Services.GetRequiredKeyedService<ILockProvider>("billing").TryAcquireAsync("order-7", cancellationToken: Ending));
        _stage.End("7");
        using var answer = await request;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_that_waits_beyond_the_time_of_the_framework_is_answered_by_the_framework()
    {
        await using var replica = await WebReplica.StartAsync(
            _url,
            app =>
            {
                app.UseRequestTimeouts();
                app.MapPost("/orders/{id}", PlayAsync)
                    .WithRequestTimeout(TimeSpan.FromMilliseconds(200))
                    .RequireLock("order-{id}", options => options.Timeout = Timeout.InfiniteTimeSpan);
            },
            builder => builder.Services.AddRequestTimeouts());
        await using var held = await replica.Locks.AcquireAsync("order-7", cancellationToken: Ending);

        using var answer = await replica.PostAsync("/orders/7");

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        Assert.Equal(0, _stage.Played);
        await Eventually.BecomesTrueAsync(async () => Equals((await replica.HealthAsync())["lockWaiters"], 0), "nobody waits");
    }

    [Fact(Timeout = Limit)]
    public async Task Shared_requests_run_beside_each_other_and_not_beside_an_exclusive_one()
    {
        await using var replica = await WebReplica.StartAsync(_url, app =>
        {
            app.MapPost("/read/{id}", PlayAsync).RequireLock("book", options => options.Mode = LockMode.Shared);
            app.MapPost("/write/{id}", PlayAsync).RequireLock("book");
        });
        var (one, two) = (replica.PostAsync("/read/1"), replica.PostAsync("/read/2"));
        await _stage.BegunAsync("1");
        await _stage.BegunAsync("2");

        using var refused = await replica.PostAsync("/write/3");

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        _stage.End("1");
        _stage.End("2");
        Assert.All(await Task.WhenAll(one, two), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_that_asks_again_for_its_own_lock_is_told_at_once()
    {
        await using var replica = await WebReplica.StartAsync(_url, app => app
            .MapPost("/orders/{id}", async (string id, ILockProvider locks, CancellationToken token) =>
            {
                await Assert.ThrowsAsync<LockDeadlockException>(async () => await locks.AcquireAsync($"order-{id}", cancellationToken: token));
                return "told";
            })
            .RequireLock("order-{id}"));

        using var answer = await replica.PostAsync("/orders/7");

        Assert.Equal("told", await answer.Content.ReadAsStringAsync(Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task Filters_that_were_added_before_run_outside_the_lock_and_those_after_inside()
    {
        var seen = new List<bool>();
        EndpointFilterDelegate Look(EndpointFilterFactoryContext _, EndpointFilterDelegate next) => call =>
        {
            seen.Add(call.HttpContext.Features.Get<ILockHandle>()?.IsHeld is true);
            return next(call);
        };
        await using var replica = await WebReplica.StartAsync(_url, app => app
            .MapPost("/orders/{id}", (string id) => id)
            .AddEndpointFilterFactory(Look)
            .RequireLock("order-{id}")
            .AddEndpointFilterFactory(Look));

        using var answer = await replica.PostAsync("/orders/7");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal([false, true], seen);
    }

    private void WithShop(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_stage);
        builder.Services.AddControllers().ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new OnlyController(typeof(ShopController))));
    }

    private Task<string> PlayAsync(string id, HttpContext context, CancellationToken cancellationToken) => _stage.PlayAsync(context, id, cancellationToken);
}

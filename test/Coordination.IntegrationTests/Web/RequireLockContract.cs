using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>What a lock on an endpoint promises, however it was asked for: run once for minimal APIs and once for controllers.</summary>
public abstract class RequireLockContract : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://locks-{Guid.NewGuid():N}";
    private readonly Stage _stage = new();
    private WebReplica? _here;
    private WebReplica? _there;

    private protected WebReplica Here => _here!;

    private protected WebReplica There => _there!;

    private protected Stage Stage => _stage;

    /// <summary>What stands before the paths.</summary>
    protected abstract string Root { get; }

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_here, _there) = (await StartAsync(), await StartAsync());

    public async ValueTask DisposeAsync()
    {
        await Here.DisposeAsync();
        await There.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact(Timeout = Limit)]
    public async Task Of_two_requests_with_one_value_one_runs_and_the_other_gets_409_at_once()
    {
        var first = Here.PostAsync($"{Root}/orders/7/pay");
        await Stage.BegunAsync("7");

        using var second = await There.PostAsync($"{Root}/orders/7/pay");

        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal("lock-held", await WebReplica.CodeAsync(second));
        Assert.Equal(TimeSpan.FromSeconds(1), second.Headers.RetryAfter?.Delta);
        Stage.End("7");
        using var done = await first;
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task Requests_with_different_values_run_beside_each_other()
    {
        var first = Here.PostAsync($"{Root}/orders/7/pay");
        var second = There.PostAsync($"{Root}/orders/8/pay");
        await Stage.BegunAsync("7");
        await Stage.BegunAsync("8");

        Stage.End("7");
        Stage.End("8");

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], (await Task.WhenAll(first, second)).Select(answer => answer.StatusCode));
    }

    [Fact(Timeout = Limit)]
    public async Task The_lock_is_free_when_the_answer_is_read()
    {
        Stage.End("7");
        for (var i = 0; i < 50; i++)
        {
            using var answer = await (i % 2 == 0 ? Here : There).PostAsync($"{Root}/orders/7/pay");

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_that_waits_gets_503_when_its_time_is_over()
    {
        await using var held = await There.Locks.AcquireAsync("order-7", cancellationToken: Ending);

        using var answer = await Here.PostAsync($"{Root}/orders/7/wait");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("lock-timeout", await WebReplica.CodeAsync(answer));
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Equal(0, Stage.Played);
    }

    [Fact(Timeout = Limit)]
    public async Task Several_locks_are_taken_all_or_none()
    {
        await using var held = await There.Locks.AcquireAsync("stock-north", cancellationToken: Ending);

        using var refused = await Here.PostAsync($"{Root}/orders/7/from/north");
        await using var free = await There.Locks.TryAcquireAsync("order-7", cancellationToken: Ending);

        Assert.Equal("lock-held", await WebReplica.CodeAsync(refused));
        Assert.NotNull(free);
        await free.DisposeAsync();
        var shipping = Here.PostAsync($"{Root}/orders/7/from/south");
        await Stage.BegunAsync("7south");
        Assert.Null(await There.Locks.TryAcquireAsync("order-7", cancellationToken: Ending));
        Assert.Null(await There.Locks.TryAcquireAsync("stock-south", cancellationToken: Ending));
        Stage.End("7south");
        using var shipped = await shipping;
        Assert.Equal(HttpStatusCode.OK, shipped.StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_property_of_the_body_names_the_lock_and_status_wait_and_token_header_are_as_configured()
    {
        var healing = Here.Client.PostAsJsonAsync($"{Root}/vnfs", new Vnf("web"), Ending);
        var handle = await Stage.BegunAsync("web");

        using var refused = await There.Client.PostAsJsonAsync($"{Root}/vnfs", new Vnf("web"), Ending);

        Assert.Equal((HttpStatusCode)423, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), refused.Headers.RetryAfter?.Delta);
        Assert.Equal("Heal-web", handle?.Name.Value);
        Stage.End("web");
        using var healed = await healing;
        Assert.Equal($"{handle?.Token}", Assert.Single(healed.Headers.GetValues("Lock-Token")));
    }

    [Fact(Timeout = Limit)]
    public async Task A_placeholder_that_is_null_gives_400_and_runs_nothing()
    {
        using var answer = await Here.Client.PostAsJsonAsync($"{Root}/vnfs", new Vnf(null), Ending);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("lock-value-missing", await WebReplica.CodeAsync(answer));
        Assert.Equal(0, Stage.Played);
    }

    [Fact(Timeout = Limit)]
    public async Task A_value_that_is_too_long_for_a_lock_gives_400()
    {
        using var answer = await Here.Client.PostAsJsonAsync($"{Root}/vnfs", new Vnf(new string('x', LockName.MaxBytes)), Ending);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("lock-value-invalid", await WebReplica.CodeAsync(answer));
    }

    private protected abstract void Map(WebApplication app);

    private Task<WebReplica> StartAsync() => WebReplica.StartAsync(_url, Map, builder =>
    {
        builder.Services.AddSingleton(_stage);
        builder.Services.AddControllers().AddApplicationPart(typeof(OrdersController).Assembly);
    });
}

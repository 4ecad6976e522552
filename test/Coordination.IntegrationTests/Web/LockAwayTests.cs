using System.Net;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>The backend is away, or this process is not in its group: 503 within the timeout, never a hang, never the handler without its lock.</summary>
public sealed class LockAwayTests(PostgresServer server) : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(ReplicaScenario.Soon); // on a machine that has other things to do

    private readonly Stage _stage = new();
    private TestDatabase? _database;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    [Fact(Timeout = Limit)]
    public async Task On_a_silent_network_a_request_that_waits_is_answered_within_its_timeout()
    {
        await using var relay = Relay.To(_database!.Address);
        await using var replica = await StartAsync(relay.Address.Url, o => o.LeaseTime = TimeSpan.FromMinutes(1)); // it is not the lease that ends the wait
        using (var well = await replica.PostAsync("/wait/1"))
        {
            Assert.Equal(HttpStatusCode.OK, well.StatusCode);
        }

        relay.Silence();
        var asked = TimeProvider.System.GetTimestamp();
        using var answer = await replica.PostAsync("/wait/2");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains(await WebReplica.CodeAsync(answer), (string?[])["lock-timeout", "coordination-unavailable"]);
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, Patience + Late);
        relay.Restore(); // or its farewell would wait
    }

    [Fact(Timeout = Limit)]
    public async Task On_a_silent_network_a_request_that_does_not_wait_is_answered_within_the_lease()
    {
        await using var relay = Relay.To(_database!.Address);
        await using var replica = await StartAsync(relay.Address.Url);

        relay.Silence();
        var asked = TimeProvider.System.GetTimestamp();
        using var answer = await replica.PostAsync("/now/1");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("coordination-unavailable", await WebReplica.CodeAsync(answer));
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.InRange(TimeProvider.System.GetElapsedTime(asked), TimeSpan.Zero, Lease + Late);
        using var again = await replica.PostAsync("/wait/1");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, again.StatusCode);
        Assert.Equal(0, _stage.Played);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_that_has_never_reached_the_backend_answers_503_at_once()
    {
        await using var replica = await StartAsync($"postgresql://nobody@127.0.0.1:{FreePort.Find()}/none", o => o.StartupMode = StartupMode.Background);

        using var answer = await replica.PostAsync("/wait/1");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("coordination-unavailable", await WebReplica.CodeAsync(answer));
        Assert.Equal(0, _stage.Played);
    }

    private Task<WebReplica> StartAsync(string url, Action<CoordinationOptions>? options = null) => WebReplica.StartAsync(
        url,
        app =>
        {
            app.MapPost("/wait/{id}", PlayAsync).RequireLock("order-{id}", o => o.Timeout = Patience);
            app.MapPost("/now/{id}", PlayAsync).RequireLock("order-{id}");
        },
        builder => builder.Services.AddSingleton(_stage),
        o =>
        {
            (o.LeaseTime, o.CrashGrace) = (Lease, TimeSpan.FromSeconds(1));
            options?.Invoke(o);
        });

    private Task<string> PlayAsync(string id, HttpContext context)
    {
        _stage.End(id);
        return _stage.PlayAsync(context, id, Ending);
    }
}

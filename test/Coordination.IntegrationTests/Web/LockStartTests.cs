using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>A lock that cannot be bound stops the start, with the name of the endpoint and the reason.</summary>
public sealed class LockStartTests
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://start-{Guid.NewGuid():N}";

    public static TheoryData<string, Action<WebApplication>> Wrong() => new()
    {
        { "POST /orders/{id}*lock 'order-{idd}': {idd} is not known; known are {id}, {f_name}", app => app.MapPost("/orders/{id}", (string id) => id).RequireLock("order-{idd}") },
        { "POST /vnfs*Vnf has no public property 'nothing'", app => app.MapPost("/vnfs", (Vnf vnf) => vnf.Id).RequireLock("{vnf.nothing}") },
        { "POST /a*{f_name}*WithName", app => app.MapPost("/a", () => "a").RequireLock("{f_name}") },
        { "POST /a*options differ*", app => app.MapPost("/a", () => "a").RequireLock("a").RequireLock("b", o => o.Mode = LockMode.Shared) },
        { "POST /a*timeout is -00:00:02*", app => app.MapPost("/a", () => "a").RequireLock("a", o => o.Timeout = TimeSpan.FromSeconds(-2)) },
        { "POST /a*BusyStatusCode is 200*", app => app.MapPost("/a", () => "a").RequireLock("a", o => o.BusyStatusCode = 200) },
        { "POST /a*MaxHolders is 0*", app => app.MapPost("/a", () => "a").RequireLock("a", o => o.MaxHolders = 0) },
        { "POST /a*AddKeyedCoordination(\"billing\")*", app => app.MapPost("/a", () => "a").RequireLock("a", o => o.Key = "billing") },
        { "GET /a => *produced while it is written*", app => app.MapGet("/a", Lazy).RequireLock("a") },
        { "POST /a*Write .RequireLock(\"a\") after its Map*", app => app.MapPost("/a", [RequireLock("a")] () => "a") },
    };

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Wrong))]
    public async Task A_lock_that_cannot_be_bound_stops_the_start(string expected, Action<WebApplication> map)
    {
        var refused = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => WebReplica.StartAsync(_url, map));

        var rest = refused.Message;
        foreach (var part in expected.Split('*', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.Contains(part, rest, StringComparison.Ordinal);
            rest = rest[(rest.IndexOf(part, StringComparison.Ordinal) + part.Length)..];
        }
    }

    [Fact(Timeout = Limit)]
    public async Task All_faults_of_all_endpoints_are_named_at_once()
    {
        var refused = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => WebReplica.StartAsync(
            _url,
            app =>
            {
                app.MapPost("/orders/{id}", (string id) => id).RequireLock("order-{x}").RequireLock("order-{y}");
                app.MapControllers();
            },
            builder => builder.Services.AddControllers().ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new OnlyController(typeof(WrongController))))));

        Assert.Contains("{x} is not known", refused.Message, StringComparison.Ordinal);
        Assert.Contains("{y} is not known", refused.Message, StringComparison.Ordinal);
        Assert.Contains("WrongController.Act", refused.Message, StringComparison.Ordinal);
        Assert.Contains("{z} is not known; known are {id}, {f_name}", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task An_application_without_endpoints_starts()
    {
        await using var replica = await WebReplica.StartAsync(_url, app => app.Run(context => context.Response.WriteAsync("all", TestContext.Current.CancellationToken)));

        Assert.Equal("all", await replica.Client.GetStringAsync("/", TestContext.Current.CancellationToken));
    }

    private static async IAsyncEnumerable<int> Lazy()
    {
        await Task.Yield();
        yield return 1;
    }
}

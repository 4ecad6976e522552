using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>The life of a member in an ASP.NET Core host with a real Kestrel.</summary>
public sealed class WebHostTests
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://web-{Guid.NewGuid():N}";

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task The_listen_address_is_published_once_it_is_known()
    {
        await using var watcher = await WatchAsync();
        await using var app = Build();
        await app.StartAsync(Ending);

        var member = (await watcher.SeesAsync(view => view.Find("web")?.Url is not null)).Find("web")!;

        Assert.Equal(app.Urls.Select(url => new Uri(url)), [member.Url!]);
        await app.StopAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task An_advertised_url_is_not_replaced_by_the_listen_address()
    {
        await using var watcher = await WatchAsync();
        await using var app = Build(o => o.AdvertisedUrl = "https://orders.example/");
        await app.StartAsync(Ending);

        Assert.Equal(new Uri("https://orders.example/"), app.Services.GetRequiredService<IGroupMembership>().Self?.Url);
        await app.StopAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task The_process_is_a_member_before_Kestrel_listens()
    {
        await using var app = Build(services: services => services.AddHostedService<StateAtStart>());
        await app.StartAsync(Ending);

        Assert.Equal(MembershipState.Joined, app.Services.GetServices<IHostedService>().OfType<StateAtStart>().Single().Seen);
        await app.StopAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_under_way_keeps_its_lock_through_the_drain_and_a_new_one_gets_none()
    {
        var (entered, go) = (NewSignal(), NewSignal());
        await using var watcher = await WatchAsync();
        await using var app = Build();
        app.MapGet("/work", async (ILockProvider locks) =>
        {
            await using var held = await locks.AcquireAsync("invoice-7", cancellationToken: Ending);
            entered.SetResult();
            await go.Task.WaitAsync(Ending);
            var refused = await Assert.ThrowsAsync<CoordinationUnavailableException>(async () => await locks.AcquireAsync("other", cancellationToken: Ending));
            return $"{held.IsHeld} {await held.ConfirmAsync(Ending)} {refused.Message}";
        });
        await app.StartAsync(Ending);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var request = client.GetStringAsync("/work", Ending);
        await entered.Task.WaitAsync(Ending);

        var stopping = app.StopAsync(Ending);
        await watcher.SeesAsync(view => view.Find("web")?.Status is MemberStatus.Leaving);
        Assert.Null(await watcher.Locks.TryAcquireAsync("invoice-7", cancellationToken: Ending));
        go.SetResult();

        Assert.StartsWith("True True", await request.WaitAsync(Ending), StringComparison.Ordinal);
        await stopping.WaitAsync(Ending);
        await watcher.SeesAsync(view => view.Find("web") is null);
        await using var next = await watcher.Locks.AcquireAsync("invoice-7", cancellationToken: Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task The_health_endpoint_is_the_lease_and_shows_the_group()
    {
        await using var app = Build();
        app.MapHealthChecks("/health", new HealthCheckOptions
        {
            ResponseWriter = (context, report) => context.Response.WriteAsJsonAsync(report.Entries["coordination"].Data, Ending),
        });
        await app.StartAsync(Ending);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        using var response = await client.GetAsync("/health", Ending);
        var data = await response.Content.ReadFromJsonAsync<JsonElement>(Ending);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("Joined", "web"), (data.GetProperty("state").GetString(), data.GetProperty("members")[0].GetString()));
        await app.StopAsync(Ending);
    }

    [Fact(Timeout = Limit)]
    public async Task When_another_service_fails_to_start_nobody_stays_joined()
    {
        await using var watcher = await WatchAsync();
        await using (var app = Build(services: services => services.AddHostedService<NeverStarts>()))
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => app.StartAsync(Ending));
            await watcher.SeesAsync(view => view.Find("web") is not null);
        }

        await watcher.SeesAsync(view => view.Find("web") is null);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<Replica> WatchAsync()
    {
        var watcher = new Replica(o => (o.BackendUrl, o.Group, o.MemberId) = (_url, "orders", "watcher"));
        await watcher.StartAsync();
        return watcher;
    }

    private WebApplication Build(Action<CoordinationOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.WebHost.UseKestrel().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddHealthChecks().AddCoordination();
        builder.Services.AddCoordination(o => (o.BackendUrl, o.Group, o.MemberId) = (_url, "orders", "web"));
        builder.Services.AddCoordination(configure);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseRouting();
        return app;
    }

    private sealed class StateAtStart(IGroupMembership group) : IHostedService
    {
        public MembershipState Seen { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Seen = group.State;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class NeverStarts : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new NotSupportedException("This service never starts.");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using System.Collections.Concurrent;
using Coordination.IntegrationTests.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Routing;

/// <summary>Conductors on Kestrel, and an observer whose client routes to them.</summary>
internal sealed class RoutedHosts : IAsyncDisposable
{
    public const string Client = "work";

    public string Url { get; } = $"memory://routing-{Guid.NewGuid():N}";
    private readonly List<WebReplica> _replicas = [];

    /// <summary>Who was asked for what, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    /// <summary>A member that answers with its id; <c>answer</c> may do something else.</summary>
    public async Task<WebReplica> StartConductorAsync(string id, Func<HttpContext, Task>? answer = null, string? advertised = null) => Keep(await WebReplica.StartAsync(
        Url,
        app => app.MapFallback(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            Asked.Enqueue($"{id} {context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await reader.ReadToEndAsync(Ending)}".TrimEnd());
            if (answer is null)
            {
                await context.Response.WriteAsync(id, Ending);
            }
            else
            {
                await answer(context);
            }
        }),
        options: options => (options.Group, options.MemberId, options.AdvertisedUrl) = ("conductors", id, advertised)));

    /// <summary>An api that observes the group and sends what it is asked for to a conductor; it sees these.</summary>
    public async Task<WebReplica> StartApiAsync(int members, Action<IHttpClientBuilder>? configure = null, Action<GroupRoutingOptions>? routing = null, string? group = "conductors")
    {
        var api = Keep(await WebReplica.StartAsync(
            Url,
            app => app.MapGet("/ask/{**path}", async (string path, IHttpClientFactory clients) => await clients.CreateClient(Client).GetStringAsync(path, Ending)),
            builder =>
            {
                var client = builder.Services.AddHttpClient(Client).AddGroupRouting(group, routing);
                configure?.Invoke(client);
            },
            options => (options.Group, options.Observe) = ("conductors", true)));
        await foreach (var view in api.Services.GetRequiredService<IGroupMembership>().WatchAsync(Ending))
        {
            if (view.Members.Count(member => member.Url is not null) == members)
            {
                break;
            }
        }

        return api;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }
    }

    private WebReplica Keep(WebReplica replica)
    {
        _replicas.Add(replica);
        return replica;
    }
}

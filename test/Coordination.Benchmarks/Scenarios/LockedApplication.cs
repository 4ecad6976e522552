using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>A web application with one endpoint that takes its lock in the handler, and one that is told to require it. Its requests come from nowhere: no socket is measured.</summary>
internal sealed class LockedApplication : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _client = new();

    private LockedApplication(WebApplication app)
    {
        _app = app;
        Bare = Find("/bare/{id}");
        Locked = Find("/locked/{id}");
    }

    public Endpoint Bare { get; }

    public Endpoint Locked { get; }

    /// <remarks>In memory: what a server adds to both is the same and many times as much, so that the difference would drown in it.</remarks>
    public static async Task<LockedApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddCoordination(options => (options.BackendUrl, options.Group) = ("memory://benchmarks", "endpoints"));
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapPost("/bare/{id}", PayAsync);
        app.MapPost("/locked/{id}", (string id, CancellationToken _) => Task.FromResult(Results.NoContent())).RequireLock("order-{id}");
        await app.StartAsync();
        return new LockedApplication(app);
    }

    public async Task RequestAsync(Endpoint endpoint)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider, RequestAborted = _client.Token };
        context.Request.Method = HttpMethods.Post;
        context.Request.RouteValues["id"] = "7";
        context.SetEndpoint(endpoint);
        await endpoint.RequestDelegate!(context);
        if (context.Response.StatusCode != StatusCodes.Status204NoContent)
        {
            throw new InvalidOperationException($"A request was answered {context.Response.StatusCode}.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _client.Dispose();
    }

    private static async Task<IResult> PayAsync(string id, ILockProvider locks, CancellationToken cancellationToken)
    {
        await using var held = await locks.TryAcquireAsync($"order-{id}", cancellationToken: cancellationToken);
        return held is null ? Results.Conflict() : Results.NoContent();
    }

    private RouteEndpoint Find(string pattern) =>
        _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Single(endpoint => endpoint.RoutePattern.RawText == pattern);
}

using System.Net.Http.Json;
using System.Text.Json;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Web;

/// <summary>One replica of a web application on a real Kestrel: AddCoordination, and what a test maps.</summary>
internal sealed class WebReplica : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebReplica(WebApplication app, LogCollector log) => (_app, Log) = (app, log);

    public ILockProvider Locks => _app.Services.GetRequiredService<ILockProvider>();

    public IServiceProvider Services => _app.Services;

    public LogCollector Log { get; }

    public Uri Url => new(_app.Urls.Single());

    public HttpClient Client { get; private set; } = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    /// <summary>Starts it; an exception of the start is the caller's.</summary>
    public static async Task<WebReplica> StartAsync(string url, Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null, Action<CoordinationOptions>? options = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        var log = new LogCollector();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddHealthChecks().AddCoordination();
        builder.Services.AddCoordination(o =>
        {
            (o.BackendUrl, o.Group, o.StartupTimeout) = (url, "orders", Limits.Start);
            options?.Invoke(o);
        });
        configure?.Invoke(builder);
        var app = builder.Build();
        map(app);
        try
        {
            await app.StartAsync(Ending);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var replica = new WebReplica(app, log);
        replica.Client.BaseAddress = replica.Url;
        return replica;
    }

    /// <summary>Sends a POST without a body.</summary>
    public Task<HttpResponseMessage> PostAsync(string path) => Client.PostAsync(path, content: null, Ending);

    /// <summary>The code of a problem: <c>lock-held</c> and its like.</summary>
    public static async Task<string?> CodeAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Ending)).GetProperty("code").GetString();
    }

    /// <summary>What the health check of coordination tells.</summary>
    public async Task<IReadOnlyDictionary<string, object>> HealthAsync() =>
        (await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Ending)).Entries["coordination"].Data;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}

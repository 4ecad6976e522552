using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.Dashboard;

/// <summary>The addresses of the page. All that the page asks for is relative to it, so it works wherever it is mapped and behind whatever strips a prefix.</summary>
internal static class DashboardEndpoints
{
    private const string StateType = "application/json; charset=utf-8";

    public static RouteGroupBuilder Map(IEndpointRouteBuilder endpoints, string pattern, string? key)
    {
        var inspector = (key is null
            ? endpoints.ServiceProvider.GetService<ICoordinationInspector>()
            : endpoints.ServiceProvider.GetKeyedService<ICoordinationInspector>(key))
            ?? throw new InvalidOperationException(
                $"There is no membership{(key is null ? string.Empty : $" with the key '{key}'")} to show. Call builder.{(key is null ? "AddCoordination()" : $"Services.AddKeyedCoordination(\"{key}\")")} before MapCoordinationDashboard.");
        var time = endpoints.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System;
        var waits = new WaitTimes(inspector.Self.Group, time, endpoints.ServiceProvider.GetService<IMeterFactory>());
        endpoints.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(waits.Dispose);
        var state = new DashboardState(inspector, waits, time);

        var group = endpoints.MapGroup(pattern);
        group.ExcludeFromDescription();
        group.AddEndpointFilter(DashboardGuard.CheckAsync);
        group.MapGet("/", ShowPage).WithDisplayName("Coordination dashboard");
        foreach (var asset in DashboardAsset.All.Where(asset => asset.Name != DashboardAsset.Page))
        {
            group.MapGet($"/{asset.Name}", asset.Serve).WithDisplayName($"Coordination dashboard {asset.Name}");
        }

        group.MapGet("/api/state", context => SendStateAsync(context, state)).WithDisplayName("Coordination dashboard state");
        group.MapGet("/api/events", context => new DashboardStream(context, state, time).RunAsync()).WithDisplayName("Coordination dashboard events");
        return group;
    }

    private static IResult ShowPage(HttpContext context)
    {
        // Relative addresses need the slash at the end. The way there is relative too: a proxy may have taken a prefix away that we know nothing of.
        var path = context.Request.Path.HasValue ? context.Request.Path : context.Request.PathBase;
        var last = path.Value is { Length: > 0 } text && !text.EndsWith('/') ? text[(text.LastIndexOf('/') + 1)..] : null;
        return last is null
            ? DashboardAsset.All.Single(asset => asset.Name == DashboardAsset.Page).Serve(context)
            : Results.Redirect($"./{Uri.EscapeDataString(last)}/");
    }

    private static async Task SendStateAsync(HttpContext context, DashboardState state)
    {
        var frame = await state.ReadAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.ContentType = StateType;
        context.Response.Headers.CacheControl = "no-store";
        frame.WriteWhole(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}

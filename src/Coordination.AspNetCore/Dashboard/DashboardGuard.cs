using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Coordination.Dashboard;

/// <summary>Who may see the page: whoever the application's policy lets in; without a policy, only who sits at the machine.</summary>
internal static class DashboardGuard
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Set by proxies; the last by the middleware that has already taken the first one away.</summary>
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-IP", "Via", "X-Original-For",
    ];

    public static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return HasPolicy(context) || FindObstacle(context) is not { } obstacle ? await next(invocation).ConfigureAwait(false) : Refuse(context, obstacle);
    }

    /// <summary>The middleware has asked the policy before we are called; without the middleware an endpoint with a policy throws.</summary>
    private static bool HasPolicy(HttpContext context) =>
        context.GetEndpoint()?.Metadata is { } metadata
        && (metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<AuthorizationPolicy>() is not null)
        && metadata.GetMetadata<IAllowAnonymous>() is null;

    private static string? FindObstacle(HttpContext context)
    {
        if (ProxyHeaders.FirstOrDefault(context.Request.Headers.ContainsKey) is { } header)
        {
            return $"this request has come through a proxy (header {header})";
        }

        if (context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address))
        {
            return $"this request comes from {context.Connection.RemoteIpAddress?.ToString() ?? "an unknown address"}";
        }

        // A page of somebody else's, whose name was made to point to this machine, would read it in the browser of who sits here.
        return IsLocal(context.Request.Host.Host) ? null : $"this request asks for the host '{context.Request.Host.Host}', not for localhost";
    }

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static IResult Refuse(HttpContext context, string obstacle)
    {
        var detail = $"Without an authorization policy the coordination dashboard is shown on the machine itself only, and {obstacle}. " +
            "Open http://localhost there, or give it a policy: app.MapCoordinationDashboard().RequireAuthorization(\"…\").";
        context.Response.Headers.CacheControl = "no-store";
        return context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Results.Text(detail, "text/plain; charset=utf-8", statusCode: StatusCodes.Status403Forbidden)
            : Results.Problem(detail, statusCode: StatusCodes.Status403Forbidden, title: "The coordination dashboard is not open to others",
                extensions: [KeyValuePair.Create<string, object?>("code", "dashboard-closed")]);
    }
}

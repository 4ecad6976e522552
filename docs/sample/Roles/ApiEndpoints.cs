namespace Conductors.Roles;

/// <summary>The front door: knows the conductors without being one, and hands each request to one of them.</summary>
internal static class ApiEndpoints
{
    public static void MapApi(this IEndpointRouteBuilder app, string prefix) =>
        app.MapPost(
            prefix + "/nodes/{id:length(1,200)}/{action:regex(^(introspect|abort)$)}",
            (string id, string action, HttpContext context, ConductorCaller conductors) =>
                conductors.ForwardAsync($"/nodes/{Uri.EscapeDataString(id)}/{action}{context.Request.QueryString}", context));
}

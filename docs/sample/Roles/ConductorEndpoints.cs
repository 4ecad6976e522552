using Coordination;
using Microsoft.AspNetCore.Http.Features;

namespace Conductors.Roles;

/// <summary>
/// The work: one conductor at a time touches a node, whichever conductor was asked. The lock that an endpoint requires says who may begin, and
/// its token goes with every write, so that the tables refuse a holder that was frozen and woke up too late.
/// </summary>
internal static class ConductorEndpoints
{
    /// <summary>Says which conductor gave an answer.</summary>
    public const string ConductorHeader = "Conductor";

    private const string NodeLock = "node-{id}";
    private const double DefaultSeconds = 0.03;
    private const double MaxSeconds = 60;

    public static void MapConductor(this IEndpointRouteBuilder app)
    {
        var node = app.MapGroup("/nodes/{id:length(1,200)}").AddEndpointFilter(NameConductorAsync);

        // Waits for its turn as long as the caller does.
        node.MapPost("/introspect", IntrospectAsync).RequireLock(NodeLock, options => options.Timeout = Timeout.InfiniteTimeSpan);

        // Does not wait: a node that is worked on cannot be aborted now, and the answer is 409.
        node.MapPost("/abort", AbortAsync).RequireLock(NodeLock);
    }

    // 'stop' fires when the caller has gone, and also when the lock is lost: then somebody else may have the node.
    private static async Task<IResult> IntrospectAsync(string id, double? seconds, HttpContext context, NodeStore nodes, TimeProvider time, CancellationToken stop)
    {
        if (seconds is < 0 or > MaxSeconds or double.NaN)
        {
            return Results.Problem($"seconds is {seconds}; a node takes 0 to {MaxSeconds} seconds.", statusCode: StatusCodes.Status400BadRequest);
        }

        // What the node itself needs to boot, look at its hardware and report.
        var duration = TimeSpan.FromSeconds(seconds ?? DefaultSeconds);
        return Results.Ok(await nodes.ChangeAsync(id, TokenOf(context), "introspecting", "introspected", () => Task.Delay(duration, time, stop)));
    }

    private static async Task<IResult> AbortAsync(string id, HttpContext context, NodeStore nodes) =>
        Results.Ok(await nodes.ChangeAsync(id, TokenOf(context), "aborting", "aborted", () => Task.CompletedTask));

    private static FencingToken TokenOf(HttpContext context) => context.Features.GetRequiredFeature<ILockHandle>().Token;

    private static ValueTask<object?> NameConductorAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var group = context.HttpContext.RequestServices.GetRequiredService<IGroupMembership>();
        context.HttpContext.Response.Headers[ConductorHeader] = group.Self?.Id;
        return next(context);
    }
}

using Coordination;

namespace Conductors.Roles;

/// <summary>
/// The work: one conductor at a time touches a node, whichever conductor was asked. The lock says who may begin, and its
/// token goes with every write, so that the tables refuse a holder that was frozen and woke up too late.
/// </summary>
internal static class ConductorEndpoints
{
    /// <summary>Says which conductor gave an answer.</summary>
    public const string ConductorHeader = "Conductor";

    private const double DefaultSeconds = 0.03;
    private const double MaxSeconds = 60;

    public static void MapConductor(this IEndpointRouteBuilder app)
    {
        var node = app.MapGroup("/nodes/{id:length(1,200)}").AddEndpointFilter(NameConductorAsync);
        node.MapPost("/introspect", IntrospectAsync);
        node.MapPost("/abort", AbortAsync);
    }

    /// <summary>Waits for its turn, then introspects.</summary>
    private static async Task<IResult> IntrospectAsync(string id, double? seconds, ILockProvider locks, NodeStore nodes, TimeProvider time, CancellationToken cancellationToken)
    {
        if (seconds is < 0 or > MaxSeconds or double.NaN)
        {
            return Results.Problem($"seconds is {seconds}; a node takes 0 to {MaxSeconds} seconds.", statusCode: StatusCodes.Status400BadRequest);
        }

        // What the node itself needs to boot, look at its hardware and report.
        var duration = TimeSpan.FromSeconds(seconds ?? DefaultSeconds);

        // 'stop' fires when the caller has gone, and also when the lock is lost: then somebody else may have the node.
        var state = await locks.RunAsync(
            LockOf(id),
            (held, stop) => nodes.ChangeAsync(id, held.Token, "introspecting", "introspected", () => Task.Delay(duration, time, stop)),
            cancellationToken: cancellationToken);

        return Results.Ok(state);
    }

    /// <summary>Does not wait: a node that is worked on cannot be aborted now.</summary>
    private static async Task<IResult> AbortAsync(string id, ILockProvider locks, NodeStore nodes, CancellationToken cancellationToken)
    {
        NodeState? state = null;
        var done = await locks.TryRunAsync(
            LockOf(id),
            async (held, _) => state = await nodes.ChangeAsync(id, held.Token, "aborting", "aborted", () => Task.CompletedTask),
            cancellationToken: cancellationToken);

        return done
            ? Results.Ok(state)
            : Results.Problem($"Node '{id}' is busy. Try again when its introspection is over.", statusCode: StatusCodes.Status409Conflict);
    }

    private static LockName LockOf(string id) => $"node-{id}";

    private static ValueTask<object?> NameConductorAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var group = context.HttpContext.RequestServices.GetRequiredService<IGroupMembership>();
        context.HttpContext.Response.Headers[ConductorHeader] = group.Self?.Id;
        return next(context);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Coordination.IntegrationTests.Web;

/// <summary>Locks by <c>.RequireLock(…)</c> on endpoints and groups of minimal APIs.</summary>
public sealed class MinimalRequireLockTests : RequireLockContract
{
    protected override string Root => string.Empty;

    private protected override void Map(WebApplication app)
    {
        var order = app.MapGroup("/orders/{id}");
        order.MapPost("/pay", PlayAsync).RequireLock("order-{id}");
        order.MapPost("/wait", PlayAsync).RequireLock(context => $"order-{context.Request.RouteValues["id"]}", options => options.Timeout = TimeSpan.FromSeconds(0.2));

        // One from the group, one from the endpoint.
        app.MapGroup("/orders/{id}").RequireLock("order-{id}")
            .MapPost("/from/{stock}", (string id, string stock, HttpContext context, CancellationToken cancellationToken) => Stage.PlayAsync(context, id + stock, cancellationToken))
            .RequireLock("stock-{stock}");

        app.MapPost("/vnfs", (Vnf vnf, HttpContext context, CancellationToken cancellationToken) => Stage.PlayAsync(context, vnf.Id ?? string.Empty, cancellationToken))
            .WithName("Heal")
            .RequireLock("{f_name}-{vnf.id}", options => (options.BusyStatusCode, options.RetryAfter, options.TokenHeader) = (StatusCodes.Status423Locked, TimeSpan.FromSeconds(6.5), "Lock-Token"));
    }

    private Task<string> PlayAsync(string id, HttpContext context, CancellationToken cancellationToken) => Stage.PlayAsync(context, id, cancellationToken);
}

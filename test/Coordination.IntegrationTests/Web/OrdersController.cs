using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Coordination.IntegrationTests.Web;

/// <summary>Actions under locks, as users write them.</summary>
[ApiController]
[Route("mvc")]
public sealed class OrdersController(Stage stage) : ControllerBase
{
    [HttpPost("orders/{id}/pay")]
    [RequireLock("order-{id}")]
    public Task<string> Pay(string id, CancellationToken cancellationToken) => stage.PlayAsync(HttpContext, id, cancellationToken);

    [HttpPost("orders/{id}/wait")]
    [RequireLock("order-{id}", TimeoutSeconds = 0.2)]
    public Task<string> Wait(string id, CancellationToken cancellationToken) => stage.PlayAsync(HttpContext, id, cancellationToken);

    [HttpPost("orders/{id}/from/{stock}")]
    [RequireLock("order-{id}")]
    [RequireLock("stock-{stock}")]
    public Task<string> Ship(string id, string stock, CancellationToken cancellationToken) => stage.PlayAsync(HttpContext, id + stock, cancellationToken);

    [HttpPost("vnfs")]
    [RequireLock("{f_name}-{vnf.id}", BusyStatusCode = StatusCodes.Status423Locked, RetryAfterSeconds = 7, TokenHeader = "Lock-Token")]
    public Task<string> Heal(Vnf vnf, CancellationToken cancellationToken) => stage.PlayAsync(HttpContext, vnf.Id ?? string.Empty, cancellationToken);

    [HttpPost("stubborn/{id}")]
    [RequireLock("order-{id}", TokenHeader = "Lock-Token")]
    public Task<string> Stubborn(string id)
    {
        Response.Headers["Said"] = "too much";
        return stage.PlayAsync(HttpContext, id, CancellationToken.None);
    }

    [HttpPost("throws/{id}")]
    [RequireLock("order-{id}")]
    public async Task<string> Throws(string id)
    {
        await stage.PlayAsync(HttpContext, id, CancellationToken.None);
        throw new InvalidOperationException("Its own.");
    }
}

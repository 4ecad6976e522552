using Microsoft.AspNetCore.Mvc;

namespace Coordination.IntegrationTests.Web;

/// <summary>An action with two routes, a lock on the class and one of its own; only the test about it names it.</summary>
[NonController]
[RequireLock("shop-{shop}")]
public sealed class ShopController(Stage stage) : ControllerBase
{
    [HttpPost("/shops/{shop}/orders/{id}")]
    [HttpPost("/orders/{id}/at/{shop}")]
    [RequireLock("order-{id}")]
    public Task<string> Pay(string shop, string id, CancellationToken cancellationToken) => stage.PlayAsync(HttpContext, shop + id, cancellationToken);
}

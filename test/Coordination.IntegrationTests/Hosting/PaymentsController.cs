using Microsoft.AspNetCore.Mvc;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>The controller of docs/testing.md.</summary>
[ApiController]
public sealed class PaymentsController(IBank bank) : ControllerBase
{
    [HttpPost("/payments/{order}")]
    [RequireLock("order-{order}")]
    public async Task<IActionResult> Pay(string order, CancellationToken cancellationToken)
    {
        await bank.PayAsync(order, HttpContext.Features.Get<ILockHandle>()!.Token, cancellationToken);
        return NoContent();
    }
}

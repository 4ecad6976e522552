using Microsoft.AspNetCore.Mvc;

namespace Coordination.IntegrationTests.Web;

/// <summary>Not found by the others' hosts: it is no ControllerBase and has no suffix that counts; only the test about it names it.</summary>
[NonController]
public sealed class WrongController
{
    [HttpPost("/wrong/{id}")]
    [RequireLock("order-{z}")]
    public string Act(string id) => id;
}

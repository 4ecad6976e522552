using Microsoft.AspNetCore.Builder;

namespace Coordination.IntegrationTests.Web;

/// <summary>Locks by <c>[RequireLock]</c> on controller actions.</summary>
public sealed class ControllerRequireLockTests : RequireLockContract
{
    protected override string Root => "/mvc";

    private protected override void Map(WebApplication app) => app.MapControllers();
}

using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;

namespace Coordination.UnitTests.Endpoints;

public sealed class RequireLockAttributeTests
{
    [Fact]
    public void On_a_razor_page_it_lets_no_handler_run()
    {
        var filter = (IAsyncPageFilter)new RequireLockAttribute("order-{id}");
        var page = new PageContext(new ActionContext(new Microsoft.AspNetCore.Http.DefaultHttpContext(), new RouteData(), new CompiledPageActionDescriptor()));

        var refused = Assert.Throws<CoordinationConfigurationException>(() => { _ = filter.OnPageHandlerSelectionAsync(new PageHandlerSelectedContext(page, [], new object())); });

        Assert.Contains("[RequireLock(\"order-{id}\")] stands on a Razor page", refused.Message, StringComparison.Ordinal);
    }
}

using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.AspNetCore.Mvc.Controllers;

namespace Coordination.IntegrationTests.Web;

/// <summary>Makes one class the only controller of an application.</summary>
internal sealed class OnlyController(Type type) : IApplicationFeatureProvider<ControllerFeature>
{
    public void PopulateFeature(IEnumerable<ApplicationPart> parts, ControllerFeature feature)
    {
        feature.Controllers.Clear();
        feature.Controllers.Add(type.GetTypeInfo());
    }
}

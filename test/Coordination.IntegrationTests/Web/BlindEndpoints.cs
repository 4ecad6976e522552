using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Primitives;

namespace Coordination.IntegrationTests.Web;

/// <summary>Endpoints of a kind that knows conventions and runs no filters.</summary>
internal sealed class BlindEndpoints : EndpointDataSource, IEndpointConventionBuilder
{
    private readonly List<Action<EndpointBuilder>> _conventions = [];

    public override IReadOnlyList<Endpoint> Endpoints
    {
        get
        {
            var builder = new RouteEndpointBuilder(_ => Task.CompletedTask, RoutePatternFactory.Parse("/blind"), order: 0) { DisplayName = "blind" };
            _conventions.ForEach(convention => convention(builder));
            return [builder.Build()];
        }
    }

    public void Add(Action<EndpointBuilder> convention) => _conventions.Add(convention);

    public void Finally(Action<EndpointBuilder> finalConvention) => _conventions.Add(finalConvention);

    public override IChangeToken GetChangeToken() => new CancellationChangeToken(CancellationToken.None);
}

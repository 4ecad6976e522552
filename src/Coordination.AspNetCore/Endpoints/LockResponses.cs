using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ApiExplorer;

namespace Coordination.Endpoints;

/// <summary>Tells API descriptions (OpenAPI) what a request without its lock is answered.</summary>
internal static class LockResponses
{
    public const string ProblemJson = "application/problem+json";

    /// <summary>The statuses that the locks add.</summary>
    public static IReadOnlyList<int> Statuses(IEnumerable<object> metadata) =>
        [.. metadata.OfType<ILockRequirement>().Select(requirement => requirement.Answers.BusyStatusCode).Append(StatusCodes.Status503ServiceUnavailable).Distinct()];

    public static void Describe(EndpointBuilder endpoint)
    {
        var described = endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().Select(response => response.StatusCode).ToHashSet();

        // Where nothing is described a 200 is supposed; describing ours must not take that away.
        if (described.Count == 0 && !endpoint.Metadata.OfType<IApiResponseMetadataProvider>().Any())
        {
            endpoint.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK));
        }

        foreach (var status in Statuses(endpoint.Metadata).Where(described.Add))
        {
            endpoint.Metadata.Add(new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), [ProblemJson]));
        }
    }
}

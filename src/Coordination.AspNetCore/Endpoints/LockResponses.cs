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
        [.. metadata.OfType<ILockRequirement>().SelectMany(Statuses).Append(StatusCodes.Status503ServiceUnavailable).Distinct()];

    // A request may leave out what the name is made of, unless it is the same for all. The template has not been parsed yet: one that is wrong stops the host later.
    private static IEnumerable<int> Statuses(ILockRequirement requirement) => requirement.Name is not null || requirement.Template.Contains('{', StringComparison.Ordinal)
        ? [StatusCodes.Status400BadRequest, requirement.Answers.BusyStatusCode]
        : [requirement.Answers.BusyStatusCode];

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

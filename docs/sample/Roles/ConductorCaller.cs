using Coordination;

namespace Conductors.Roles;

/// <summary>Forwards a request to a conductor out of the current view, without any I/O to find it.</summary>
/// <remarks>
/// A view can be older than a crash by some moments, so a conductor that does not answer is passed over and another one is asked.
/// Both requests may be repeated without harm, and say so; one for which that is not so is sent again only when connecting is refused.
/// </remarks>
internal sealed class ConductorCaller(HttpClient http)
{
    /// <summary>How many conductors failed before one answered; absent when the first one did.</summary>
    public const string FailedHeader = "Failed-Conductors";

    public async Task ForwardAsync(string pathAndQuery, HttpContext context)
    {
        // Throws NoMemberAvailableException when nobody is left: a 503.
        using var request = new HttpRequestMessage(HttpMethod.Post, pathAndQuery).AsIdempotent();
        using var answer = await http.SendAsync(request, context.RequestAborted);
        await RelayAsync(answer, request.Options.TryGetValue(GroupRouting.Route, out var route) ? route.Passed.Count : 0, context);
    }

    private static async Task RelayAsync(HttpResponseMessage answer, int failures, HttpContext context)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (answer.Headers.TryGetValues(ConductorEndpoints.ConductorHeader, out var conductor))
        {
            context.Response.Headers[ConductorEndpoints.ConductorHeader] = conductor.ToArray();
        }

        if (failures > 0)
        {
            context.Response.Headers[FailedHeader] = failures.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}

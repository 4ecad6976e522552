using System.Net;
using Coordination;

namespace Conductors.Roles;

/// <summary>Forwards a request to a conductor picked at random from the current view, without any I/O to find it.</summary>
/// <remarks>
/// A view can be older than a crash by some seconds, so a conductor that does not answer is not asked again and another one is.
/// Both requests may be repeated without harm; a service for which that is not so would answer 502 here instead.
/// </remarks>
internal sealed class ConductorCaller(HttpClient http, IGroupMembership group, ILogger<ConductorCaller> log)
{
    /// <summary>How many conductors failed before one answered; absent when the first one did.</summary>
    public const string FailedHeader = "Failed-Conductors";

    public async Task ForwardAsync(string pathAndQuery, HttpContext context)
    {
        var failed = new HashSet<long>();
        while (true)
        {
            // Throws NoMemberAvailableException when nobody is left, and that becomes a 503.
            var conductor = group.Current.PickRandom(member => member.Url is not null && !failed.Contains(member.Number));

            using var answer = await AskAsync(conductor, pathAndQuery, context.RequestAborted);
            if (answer is null)
            {
                failed.Add(conductor.Number);
                continue;
            }

            await RelayAsync(answer, failed.Count, context);
            return;
        }
    }

    /// <summary>The conductor's answer, or null when another one should be asked.</summary>
    private async Task<HttpResponseMessage?> AskAsync(Member conductor, string pathAndQuery, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(conductor.Url!, pathAndQuery));
            var answer = await http.SendAsync(request, cancellationToken);
            if (answer.StatusCode is not HttpStatusCode.ServiceUnavailable)
            {
                return answer;
            }

            answer.Dispose(); // it is stopping, or has lost the group: it did nothing
            return null;
        }
        catch (HttpRequestException e)
        {
            log.LogWarning("Conductor {Conductor} did not answer ({Reason}); another one is asked.", conductor.Id, e.HttpRequestError);
            return null;
        }
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

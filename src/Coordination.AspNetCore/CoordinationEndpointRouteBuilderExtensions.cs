using Coordination.Dashboard;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The page that shows a group.</summary>
public static class CoordinationEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps a page that shows who is in the group, who holds what, who waits for whom and what happened, live and read only; the same as JSON
    /// at <c>api/state</c>.
    /// </summary>
    /// <remarks>
    /// <para>Without an authorization policy it answers requests from the machine itself only, which have not come through a proxy; everybody else gets a
    /// 403 that says what to do. Open it with a policy: <c>app.MapCoordinationDashboard().RequireAuthorization("operators")</c>.</para>
    /// <para>It shows names of members and locks, addresses of members and the reasons that callers gave; never a credential, and of the metadata of members only
    /// <c>version</c>, <c>zone</c>, <c>weight</c> and <c>rank</c>. While somebody looks, the process reads the group once a second in one statement.</para>
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">Where; <c>/coordination</c> by default.</param>
    /// <param name="key">The key of a keyed membership; null for the one without a key.</param>
    /// <returns>The group of endpoints, to hang a policy or more on.</returns>
    /// <exception cref="InvalidOperationException">AddCoordination was not called (under this key).</exception>
    public static RouteGroupBuilder MapCoordinationDashboard(this IEndpointRouteBuilder endpoints, string pattern = "/coordination", string? key = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        return DashboardEndpoints.Map(endpoints, pattern, key);
    }
}

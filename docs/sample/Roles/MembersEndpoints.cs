using System.Runtime.CompilerServices;
using Coordination;

namespace Conductors.Roles;

/// <summary>Who is in the group: now (<c>GET /members</c>), and from now on (<c>GET /members/watch</c>, server-sent events).</summary>
internal static class MembersEndpoints
{
    public static void MapMembers(this IEndpointRouteBuilder app)
    {
        app.MapGet("/members", (IGroupMembership group) => MembersAnswer.Of(group, group.Current));
        app.MapGet("/members/watch", (IGroupMembership group, IHostApplicationLifetime life, CancellationToken cancellationToken) =>
            TypedResults.ServerSentEvents(WatchAsync(group, life.ApplicationStopping, cancellationToken)));
    }

    // Ends when the host stops: an endless answer would hold up the drain of the others.
    private static async IAsyncEnumerable<MembersAnswer> WatchAsync(IGroupMembership group, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        await using var views = group.WatchAsync(end.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await HasNextAsync(views, end.Token))
        {
            yield return MembersAnswer.Of(group, views.Current);
        }
    }

    private static async ValueTask<bool> HasNextAsync(IAsyncEnumerator<GroupView> views, CancellationToken end)
    {
        try
        {
            return await views.MoveNextAsync();
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return false;
        }
    }
}

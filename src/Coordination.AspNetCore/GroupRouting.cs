namespace Coordination;

/// <summary>What one request of a client with <c>AddGroupRouting</c> tells about where it should go, and what it learns.</summary>
public static class GroupRouting
{
    /// <summary>The key whose owner (<see cref="GroupView.OwnerOf"/>) gets the request; without one a random member does.</summary>
    public static HttpRequestOptionsKey<string> Key { get; } = new("Coordination.GroupRouting.Key");

    /// <summary>
    /// Whether the request may be processed twice; then another member is asked also when the first one broke off or answered 503. Without it
    /// the method tells: GET, HEAD, OPTIONS, TRACE, PUT and DELETE may.
    /// </summary>
    public static HttpRequestOptionsKey<bool> Idempotent { get; } = new("Coordination.GroupRouting.Idempotent");

    /// <summary>Where the request went; set by the routing, and found in <see cref="HttpResponseMessage.RequestMessage"/> too.</summary>
    public static HttpRequestOptionsKey<GroupRoute> Route { get; } = new("Coordination.GroupRouting.Route");

    /// <summary>Sends the request to the member that owns a key, and to the next owner when that one does not take it.</summary>
    /// <param name="request">A request that was not sent yet.</param>
    /// <param name="key">Any text.</param>
    /// <returns>The request.</returns>
    public static HttpRequestMessage RouteByKey(this HttpRequestMessage request, string key)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(key);
        request.Options.Set(Key, key);
        return request;
    }

    /// <summary>Says whether the request may be processed twice, whatever its method.</summary>
    /// <param name="request">A request that was not sent yet.</param>
    /// <param name="isIdempotent">Whether it may.</param>
    /// <returns>The request.</returns>
    public static HttpRequestMessage AsIdempotent(this HttpRequestMessage request, bool isIdempotent = true)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Options.Set(Idempotent, isIdempotent);
        return request;
    }
}

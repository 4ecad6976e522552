using Coordination;
using Coordination.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Sends the requests of an HTTP client to members of a group.</summary>
public static class GroupRoutingHttpClientBuilderExtensions
{
    /// <summary>
    /// Every request of this client goes to a member of the group that is up and tells a url: a random one, or the owner of the request's key
    /// (<see cref="GroupRouting.RouteByKey"/>). Scheme, host and port of the request's address are the member's; write paths only:
    /// <c>client.GetAsync("nodes/7")</c>. Finding a member costs no I/O.
    /// </summary>
    /// <remarks>
    /// <para>A member that refuses the connection, or does not take it in time, is passed over and another one is asked. A request that may have been
    /// processed is sent again only when it is idempotent (<see cref="GroupRouting.Idempotent"/>): then also after a connection that broke and
    /// an answer of 503. The content of such a request is buffered.</para>
    /// <para>Nobody to ask: <see cref="NoMemberAvailableException"/>, for which a web service answers 503. The last error is inside it.</para>
    /// </remarks>
    /// <param name="builder">The client.</param>
    /// <param name="group">
    /// Null: the group of the membership registered by <c>AddCoordination</c>, whatever its name. Otherwise the key of one registered by
    /// <c>AddKeyedCoordination</c>; or, when there is none with that key, the name of the group of the one without a key, and then another name
    /// in the configuration stops the start.
    /// </param>
    /// <param name="configure">Changes how members are chosen.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ArgumentException">An empty name, or a setting out of its range.</exception>
    public static IHttpClientBuilder AddGroupRouting(this IHttpClientBuilder builder, string? group = null, Action<GroupRoutingOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (group is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(group);
        }

        var options = new GroupRoutingOptions();
        configure?.Invoke(options);
        RoutingCheck.Check(options);
        builder.Services.AddSingleton(new RoutedClient(builder.Name, group));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, RoutingCheck>());

        // After everything else that is configured, whatever the order of the calls: the handler to limit may be the user's own.
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, factory =>
            factory.HttpMessageHandlerBuilderActions.Add(made => RoutingCheck.Limit(made.PrimaryHandler, options.ConnectTimeout)));
        return builder
            .ConfigureHttpClient(client => client.BaseAddress ??= MemberChoice.Anywhere(group))
            .AddHttpMessageHandler(services => new GroupRoutingHandler(
                new MemberChoice(RoutingCheck.Find(services, group), options.Where),
                options.MaxAttempts,
                services.GetRequiredService<ILogger<GroupRoutingHandler>>()));
    }
}

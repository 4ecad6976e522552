using Coordination;
using Coordination.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Locks on endpoints and groups of endpoints.</summary>
public static class CoordinationEndpointConventionExtensions
{
    /// <summary>
    /// The endpoint runs only while it holds this lock: <c>app.MapPost("/orders/{id}/pay", Pay).RequireLock("order-{id}")</c>. Held: 409, or a wait
    /// when the options have a timeout. Several locks of an endpoint are taken together, all or none.
    /// </summary>
    /// <remarks>
    /// <para>A placeholder is a parameter of the handler, a property of one (<c>{vnf.id}</c>), a route value, or <c>{f_name}</c>: the endpoint's name, or
    /// the method's when it has none. Placeholders are bound when the host starts, and one that cannot be bound stops the start. A value that is null
    /// gives 400.</para>
    /// <para>Works on everything that runs endpoint filters: handlers of minimal APIs, request delegates, controller actions. Filters that were added before
    /// run outside the lock. It is released before the handler's result is written. The handle is <c>HttpContext.Features.Get&lt;ILockHandle&gt;()</c>;
    /// <see cref="HttpContext.RequestAborted"/> and a <see cref="CancellationToken"/> parameter also fire when the lock is lost.</para>
    /// </remarks>
    /// <typeparam name="TBuilder">The kind of endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="template">The name of the lock, with placeholders. <c>{{</c> and <c>}}</c> are braces.</param>
    /// <param name="configure">How to ask for it, and what to answer without it.</param>
    /// <returns>The builder.</returns>
    public static TBuilder RequireLock<TBuilder>(this TBuilder builder, string template, Action<RequireLockOptions>? configure = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(template);
        return Require(builder, LockRequirement.Of(template, name: null, configure));
    }

    /// <summary>The endpoint runs only while it holds the lock whose name is computed from the request. Null, or a text that is no name of a lock: 400.</summary>
    /// <typeparam name="TBuilder">The kind of endpoint or group.</typeparam>
    /// <param name="builder">The endpoint or group.</param>
    /// <param name="name">Makes the name; called once for each request, before its handler.</param>
    /// <param name="configure">How to ask for it, and what to answer without it.</param>
    /// <returns>The builder.</returns>
    public static TBuilder RequireLock<TBuilder>(this TBuilder builder, Func<HttpContext, string?> name, Action<RequireLockOptions>? configure = null)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        return Require(builder, LockRequirement.Of(LockRequirement.ComputedName, name, configure));
    }

    private static TBuilder Require<TBuilder>(TBuilder builder, LockRequirement requirement)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => LockFilter.Require(endpoint, requirement));
        builder.Finally(LockResponses.Describe);
        return builder;
    }
}

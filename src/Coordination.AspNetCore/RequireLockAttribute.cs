using Coordination.Endpoints;
using Coordination.Templates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Coordination;

/// <summary>
/// A controller action runs only while it holds this lock: <c>[RequireLock("order-{id}", TimeoutSeconds = 5)]</c>. On a class: every action of it.
/// Several of them are taken together, all or none.
/// </summary>
/// <remarks>
/// <para>A placeholder is a parameter of the action, a property of one (<c>{vnf.id}</c>), a route value, or <c>{f_name}</c>: the endpoint's name, or the
/// method's when it has none. Placeholders are bound when the host starts, and one that cannot be bound stops the start.</para>
/// <para>The lock is taken after model binding and validation, around all action filters with an order of more than -1000, and released before the result
/// is written. The handle is <c>HttpContext.Features.Get&lt;ILockHandle&gt;()</c>; <see cref="HttpContext.RequestAborted"/> and a
/// <see cref="CancellationToken"/> parameter also fire when the lock is lost.</para>
/// <para>Minimal API endpoints use <c>.RequireLock("order-{id}")</c> instead; the attribute on the handler of one stops the start. A Razor page
/// with the attribute answers 500.</para>
/// </remarks>
/// <param name="template">The name of the lock, with placeholders. <c>{{</c> and <c>}}</c> are braces.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class RequireLockAttribute(string template) : Attribute, ILockRequirement, IAsyncActionFilter, IAsyncPageFilter, IOrderedFilter
{
    /// <summary>The name of the lock, with placeholders.</summary>
    public string Template { get; } = template;

    /// <summary>
    /// How many seconds a request waits for the lock; then the answer is 503. 0 (the default): it does not wait, and a lock that is held gives
    /// <see cref="BusyStatusCode"/>. -1: it waits as long as the client does.
    /// </summary>
    public double TimeoutSeconds { get; set; }

    /// <summary>Exclusive (the default) or shared.</summary>
    public LockMode Mode { get; set; }

    /// <summary>How many requests may hold the lock at a time, over all processes: 1 (the default) to 1,000.</summary>
    public int MaxHolders { get; set; } = 1;

    /// <summary>The status of the answer when the lock is held and the request does not wait: 409 by default; 400 to 599.</summary>
    public int BusyStatusCode { get; set; } = StatusCodes.Status409Conflict;

    /// <summary>What the header Retry-After tells the client of a request that did not get the lock: 1 by default.</summary>
    public int RetryAfterSeconds { get; set; } = 1;

    /// <summary>The name of a response header that carries the lock's fencing token; null (the default): none does.</summary>
    public string? TokenHeader { get; set; }

    /// <summary>The key of the membership whose locks are used, as given to <c>AddKeyedCoordination</c>; null (the default): that of <c>AddCoordination</c>.</summary>
    public string? Key { get; set; }

    // After the validation of the model (-2000), whose 400 needs no lock, and around what people write (0): a unit of work must end before the lock does.
    int IOrderedFilter.Order => -1000;

    LockTerms ILockRequirement.Terms => new(LockTerms.FromSeconds(TimeoutSeconds), Mode, MaxHolders, Key);

    LockAnswers ILockRequirement.Answers => new(BusyStatusCode, TimeSpan.FromSeconds(RetryAfterSeconds), TokenHeader);

    Func<HttpContext, string?>? ILockRequirement.Name => null;

    Task IAsyncActionFilter.OnActionExecutionAsync(ActionExecutingContext context, ActionExecutionDelegate next) => ActionLock.RunAsync(context, next);

    // On a Razor page, whose attributes nobody knows at the start: refused at its first request, so that no handler runs without its lock.
    Task IAsyncPageFilter.OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => throw new CoordinationConfigurationException(
        $"[RequireLock(\"{Template}\")] stands on a Razor page, and works on controller actions only. Take the lock with ILockProvider in the handler.");

    Task IAsyncPageFilter.OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next) =>
        throw new NotSupportedException("No page with this attribute gets as far as this.");
}

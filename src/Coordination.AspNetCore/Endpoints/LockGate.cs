using Coordination.Diagnostics;
using Coordination.Problems;
using Coordination.Templates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Endpoints;

/// <summary>
/// Lets the handler of an endpoint run only while its lock is held. A handler that could not begin, or whose lock was lost, is answered with a
/// problem; the exception of the handler itself always goes through.
/// </summary>
/// <remarks>
/// <code>
/// values ──name──▶ asked ──granted──▶ running ──done──▶ released ──▶ the handler's result is written
///    └ 400           └ 409, 503         └──lost──▶ its token fires; response begun: abort, else 503
/// </code>
/// </remarks>
internal static class LockGate
{
    /// <summary>Runs the body under its locks.</summary>
    /// <returns>Null when the body's own result stands; else what to answer instead.</returns>
    public static async ValueTask<IResult?> RunAsync(HttpContext http, LockPlan plan, LockArguments arguments, LockedBody body)
    {
        if (plan.Faults.Count > 0)
        {
            throw new CoordinationConfigurationException(LockFaults.Describe([plan]));
        }

        if (plan.TryName(http, arguments, out var first, out var all) is { } nameless)
        {
            return nameless;
        }

        var caller = http.RequestAborted;
        ILockHandle? handle;
        try
        {
            handle = await plan.AskAsync(Locks(http, plan), first, all, caller).ConfigureAwait(false);
        }
        catch (LockTimeoutException e)
        {
            WebLog.RequestLockTimedOut(WebLog.From(http.RequestServices), plan.Endpoint, e.Message);
            return CoordinationProblem.LockTimeout(e.Name, e.Waited, plan.Answers.RetryAfter);
        }
        catch (CoordinationUnavailableException e)
        {
            WebLog.RequestLockUnavailable(WebLog.From(http.RequestServices), plan.Endpoint, e.Message);
            return CoordinationProblem.CoordinationUnavailable(plan.Answers.RetryAfter);
        }

        return handle is not null
            ? await RunUnderAsync(http, plan, arguments, handle, body).ConfigureAwait(false)
            : Refuse(http, plan, all is null ? first.Value : string.Join(", ", all));
    }

    private static CoordinationProblem Refuse(HttpContext http, LockPlan plan, string name)
    {
        WebLog.RequestLockHeld(WebLog.From(http.RequestServices), plan.Endpoint, plan.Answers.BusyStatusCode, name);
        return CoordinationProblem.LockHeld(name, plan.Answers.BusyStatusCode, plan.Answers.RetryAfter);
    }

    private static async ValueTask<IResult?> RunUnderAsync(HttpContext http, LockPlan plan, LockArguments arguments, ILockHandle handle, LockedBody body)
    {
        var (caller, lost) = (http.RequestAborted, handle.Lost);
        var outcome = ReleaseOutcome.WasLost;
        Exception? failure = null;
        var runs = handle.IsHeld; // the process may have slept since the grant
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(caller, lost);

            // Disposing waits for a callback that runs, so it never touches the context of a request that is over.
            using var cut = lost.UnsafeRegister(static state => CutBegunResponse((HttpContext)state!), http);
            Enter(http, plan, handle, stop.Token);
            plan.ReplaceTokens(arguments, caller, stop.Token);
            failure = runs ? await body.RunAsync().ConfigureAwait(false) : null;
        }
        catch (OperationCanceledException e) when (IsLoss(http, caller, lost))
        {
            failure = e;
        }
        finally
        {
            http.RequestAborted = caller;
            http.Features.Set<LockPlan>(null);

            // When the handler's own exception is on its way, whatever the release finds must not hide it.
            outcome = await handle.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }

        var isLost = !runs || (failure is null ? outcome is ReleaseOutcome.WasLost : failure is OperationCanceledException && IsLoss(http, caller, lost));
        return isLost ? AnswerLoss(http, plan, handle) : null;
    }

    // The handler obeyed its token, and nobody but the loss had fired it (or the loss has cut the connection): that is the loss speaking, not the handler.
    private static bool IsLoss(HttpContext http, CancellationToken caller, CancellationToken lost) =>
        lost.IsCancellationRequested && (!caller.IsCancellationRequested || http.Response.HasStarted);

    private static void Enter(HttpContext http, LockPlan plan, ILockHandle handle, CancellationToken stop)
    {
        http.Features.Set(handle);
        http.Features.Set(plan);
        http.RequestAborted = stop;
        http.Response.OnStarting(static state => CutUnheldResponse((HttpContext)state), http);
        if (plan.Answers.TokenHeader is { } header)
        {
            http.Response.Headers[header] = handle.Token.ToString();
        }
    }

    private static IResult AnswerLoss(HttpContext http, LockPlan plan, ILockHandle handle)
    {
        var begun = http.Response.HasStarted;
        WebLog.RequestLockLost(WebLog.From(http.RequestServices), plan.Endpoint, handle.Name, handle.Token, begun ? "its response had begun and is cut off" : "the answer is 503");
        if (begun)
        {
            http.Abort();
            return Results.Empty;
        }

        http.Response.Clear(); // what the handler has said so far is about work that another holder may have changed since
        return CoordinationProblem.LockLost(handle.Name, plan.Answers.RetryAfter);
    }

    private static void CutBegunResponse(HttpContext http)
    {
        // Somebody who reads it must not take it for the whole.
        if (http.Response.HasStarted)
        {
            http.Abort();
        }
    }

    // A handler that writes by itself, and has not heard that its lock is lost: a whole answer could be out before it ends.
    private static Task CutUnheldResponse(HttpContext http)
    {
        // The plan stands there only while the handler runs: results and problems are written after the release.
        if (http.Features.Get<LockPlan>() is not null && http.Features.Get<ILockHandle>() is { IsHeld: false })
        {
            http.Abort();
        }

        return Task.CompletedTask;
    }

    private static ILockProvider Locks(HttpContext http, LockPlan plan) => plan.Terms.Key is { } key
        ? http.RequestServices.GetRequiredKeyedService<ILockProvider>(key)
        : http.RequestServices.GetRequiredService<ILockProvider>();
}

using System.Reflection;
using System.Runtime.ExceptionServices;
using Coordination.Diagnostics;

namespace Coordination.Proxies;

/// <summary>One call of a method, with what it needs to run under its locks. The method's own exception always wins.</summary>
internal sealed class SynchronizedCall(SynchronizedMethod method, MethodInfo target, SynchronizedProxy proxy, object?[] arguments)
{
    /// <summary>What this call returns, its type arguments filled in.</summary>
    public Type ReturnType => target.ReturnType;

    private CancellationToken Caller => method.TokenPlace >= 0 && arguments[method.TokenPlace] is CancellationToken token ? token : CancellationToken.None;

    /// <summary>Invokes the method itself.</summary>
    public object? Invoke() => target.Invoke(proxy.Target, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);

    /// <summary>Runs a method that returns a task, or something that was made one.</summary>
    public async Task<T> RunAsync<T>(Func<SynchronizedCall, ValueTask<T>> body)
    {
        var (caller, asked) = (Caller, proxy.Time.GetTimestamp());
        var handle = await AskAsync(caller).ConfigureAwait(false);
        var granted = proxy.Time.GetTimestamp();
        WebLog.SynchronizedAcquired(proxy.Logger, method.Name, handle.Name, handle.Token, proxy.Time.GetElapsedTime(asked, granted));
        var lost = handle.Lost;
        var outcome = ReleaseOutcome.Released;
        T result;
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(caller, lost);
            GiveToken(both.Token);
            ThrowIfLost(handle);
            result = await body(this).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (lost.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            // The method obeyed its token, and nobody but the loss had fired it: that is the loss speaking, not the method.
            throw new LockLostException(handle.Name, e);
        }
        finally
        {
            // When the method's own exception is on its way, whatever the release finds must not hide it.
            outcome = await handle.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
            WebLog.SynchronizedReleased(proxy.Logger, method.Name, handle.Name, handle.Token, proxy.Time.GetElapsedTime(granted));
        }

        return outcome is ReleaseOutcome.Released ? result : throw new LockLostException(handle.Name);
    }

    /// <summary>Runs a synchronous method on the thread of its caller, which it blocks while it waits.</summary>
    public object? RunBlocking()
    {
        // The flow learns of the claim and forgets it with this call: what a synchronous method writes into it would stay with its caller.
        object? result = null;
        ExceptionDispatchInfo? failure = null;
        if (ExecutionContext.Capture() is not { } flow)
        {
            return RunHere(); // nothing flows here
        }

        ExecutionContext.Run(
            flow,
            _ =>
            {
                try
                {
                    result = RunHere();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            state: null);
        failure?.Throw();
        return result;
    }

    private object? RunHere()
    {
        var (caller, asked) = (Caller, proxy.Time.GetTimestamp());
        var handle = Blocking.Wait(AskAsync(caller));
        var granted = proxy.Time.GetTimestamp();
        WebLog.SynchronizedAcquired(proxy.Logger, method.Name, handle.Name, handle.Token, proxy.Time.GetElapsedTime(asked, granted));
        var lost = handle.Lost;
        var outcome = ReleaseOutcome.Released;
        object? result;
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(caller, lost);
            GiveToken(both.Token);
            ThrowIfLost(handle);
            result = Invoke();
        }
        catch (OperationCanceledException e) when (lost.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            throw new LockLostException(handle.Name, e);
        }
        finally
        {
            outcome = Blocking.Wait(handle.ReleaseAsync(CancellationToken.None));
            WebLog.SynchronizedReleased(proxy.Logger, method.Name, handle.Name, handle.Token, proxy.Time.GetElapsedTime(granted));
        }

        return outcome is ReleaseOutcome.Released ? result : throw new LockLostException(handle.Name);
    }

    // Not async: the flow of the caller must learn of the claim.
    private ValueTask<ILockHandle> AskAsync(CancellationToken cancellationToken)
    {
        var names = method.NamesOf(arguments);
        var locks = proxy.LocksOf(method.Terms.Key);
        return names.Length == 1
            ? locks.AcquireAsync(names[0], method.Request with { Template = method.Templates[0].Text }, cancellationToken)
            : locks.AcquireAllAsync(names, method.Request, cancellationToken);
    }

    // The process may have slept between the grant and this line.
    private static void ThrowIfLost(ILockHandle handle)
    {
        if (!handle.IsHeld)
        {
            throw new LockLostException(handle.Name);
        }
    }

    private void GiveToken(CancellationToken token)
    {
        if (method.TokenPlace >= 0)
        {
            arguments[method.TokenPlace] = token;
        }
    }
}

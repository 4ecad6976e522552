namespace Coordination;

/// <summary>Work under a lock, in one call.</summary>
public static class LockProviderExtensions
{
    /// <summary>Waits for the lock, runs the body under it, and releases it.</summary>
    /// <param name="locks">The locks.</param>
    /// <param name="name">The lock.</param>
    /// <param name="body">The work; its token fires when the caller cancels and when the lock is lost.</param>
    /// <param name="request">How to ask.</param>
    /// <param name="cancellationToken">Stops the waiting, and is handed to the body.</param>
    /// <returns>When the body has ended and the lock is released.</returns>
    /// <exception cref="LockTimeoutException">The lock was not granted within <see cref="LockRequest.Timeout"/>; the body did not run.</exception>
    /// <exception cref="LockLostException">The lock was lost while the body ran, and the body ended without an error of its own.</exception>
    public static async Task RunAsync(
        this ILockProvider locks,
        LockName name,
        Func<ILockHandle, CancellationToken, Task> body,
        LockRequest request = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(locks);
        ArgumentNullException.ThrowIfNull(body);
        var handle = await locks.AcquireAsync(name, request, cancellationToken).ConfigureAwait(false);
        await RunUnderAsync(handle, WithoutResult(body), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for the lock, runs the body under it, releases it, and returns what the body returned.</summary>
    /// <typeparam name="T">What the body returns.</typeparam>
    /// <param name="locks">The locks.</param>
    /// <param name="name">The lock.</param>
    /// <param name="body">The work; its token fires when the caller cancels and when the lock is lost.</param>
    /// <param name="request">How to ask.</param>
    /// <param name="cancellationToken">Stops the waiting, and is handed to the body.</param>
    /// <returns>What the body returned.</returns>
    /// <exception cref="LockTimeoutException">The lock was not granted within <see cref="LockRequest.Timeout"/>; the body did not run.</exception>
    /// <exception cref="LockLostException">The lock was lost while the body ran, and the body ended without an error of its own.</exception>
    public static async Task<T> RunAsync<T>(
        this ILockProvider locks,
        LockName name,
        Func<ILockHandle, CancellationToken, Task<T>> body,
        LockRequest request = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(locks);
        ArgumentNullException.ThrowIfNull(body);
        var handle = await locks.AcquireAsync(name, request, cancellationToken).ConfigureAwait(false);
        return await RunUnderAsync(handle, body, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs the body under the lock if it is free (or becomes free within <see cref="LockRequest.Timeout"/>).</summary>
    /// <param name="locks">The locks.</param>
    /// <param name="name">The lock.</param>
    /// <param name="body">The work; its token fires when the caller cancels and when the lock is lost.</param>
    /// <param name="request">How to ask.</param>
    /// <param name="cancellationToken">Stops the waiting, and is handed to the body.</param>
    /// <returns>Whether the body ran.</returns>
    /// <exception cref="LockLostException">The lock was lost while the body ran, and the body ended without an error of its own.</exception>
    public static async Task<bool> TryRunAsync(
        this ILockProvider locks,
        LockName name,
        Func<ILockHandle, CancellationToken, Task> body,
        LockRequest request = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(locks);
        ArgumentNullException.ThrowIfNull(body);
        if (await locks.TryAcquireAsync(name, request, cancellationToken).ConfigureAwait(false) is not { } handle)
        {
            return false;
        }

        await RunUnderAsync(handle, WithoutResult(body), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static Func<ILockHandle, CancellationToken, Task<bool>> WithoutResult(Func<ILockHandle, CancellationToken, Task> body) =>
        async (handle, token) =>
        {
            await body(handle, token).ConfigureAwait(false);
            return true;
        };

    private static async Task<T> RunUnderAsync<T>(
        ILockHandle handle, Func<ILockHandle, CancellationToken, Task<T>> body, CancellationToken cancellationToken)
    {
        var lost = handle.Lost;
        var outcome = ReleaseOutcome.Released;
        T result;
        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost);
            result = await body(handle, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The body obeyed its token, and nobody but the loss had fired it: that is the loss speaking, not the body.
            throw new LockLostException(handle.Name, e);
        }
        finally
        {
            // When the body's own exception is on its way, whatever the release finds must not hide it.
            outcome = await handle.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return outcome is ReleaseOutcome.Released ? result : throw new LockLostException(handle.Name);
    }
}

namespace Coordination;

/// <summary>
/// Calls of this method exclude each other among all processes: <c>[Synchronized("{f_name}-{vnf.id}")]</c>, on a method of an interface, or of the
/// class behind it, that is registered with <c>services.AddSynchronized&lt;IService, Service&gt;()</c>. Several of them are taken together, all or none.
/// </summary>
/// <remarks>
/// <para>A placeholder is a parameter of the method, a property of one, or <c>{f_name}</c>: the method's name. They are bound at the registration.</para>
/// <para>Without a lock the method does not run and throws: <see cref="LockTimeoutException"/>, <see cref="CoordinationUnavailableException"/>, or
/// <see cref="ArgumentNullException"/> for a placeholder that is null. Its <see cref="CancellationToken"/> parameter ends the waiting and also fires when
/// the lock is lost; then the caller gets <see cref="LockLostException"/>, unless the method threw an exception of its own.</para>
/// <para>Methods may return nothing, a value, or a task of either. A synchronous one blocks its thread while it waits.</para>
/// </remarks>
/// <param name="template">The name of the lock, with placeholders. <c>{{</c> and <c>}}</c> are braces.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class SynchronizedAttribute(string template) : Attribute
{
    /// <summary>The name of the lock, with placeholders.</summary>
    public string Template { get; } = template;

    /// <summary>How many seconds a call waits for the lock. -1 (the default): for ever. 0: it fails at once when the lock is held.</summary>
    public double TimeoutSeconds { get; set; } = -1;

    /// <summary>Exclusive (the default) or shared.</summary>
    public LockMode Mode { get; set; }

    /// <summary>How many calls may run at a time, over all processes: 1 (the default) to 1,000.</summary>
    public int MaxHolders { get; set; } = 1;

    /// <summary>The key of the membership whose locks are used, as given to <c>AddKeyedCoordination</c>; null (the default): that of <c>AddCoordination</c>.</summary>
    public string? Key { get; set; }
}

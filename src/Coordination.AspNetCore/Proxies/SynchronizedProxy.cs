using System.Reflection;
using Coordination.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.Proxies;

/// <summary>Stands before a service and runs its synchronized methods under their locks; the others go straight through.</summary>
internal class SynchronizedProxy : DispatchProxy
{
    private SynchronizedPlan _plan = null!; // Of, the only maker, sets all of them: the framework makes a proxy by a constructor without parameters
    private IServiceProvider _services = null!;

    /// <summary>The service itself.</summary>
    public object Target { get; private set; } = null!;

    public ILogger Logger { get; private set; } = null!;

    public TimeProvider Time { get; private set; } = null!;

    /// <summary>A service whose calls go through the plan to the target.</summary>
    public static TService Of<TService>(SynchronizedPlan plan, object target, IServiceProvider services)
        where TService : class
    {
        var service = Create<TService, SynchronizedProxy>();
        var proxy = (SynchronizedProxy)(object)service;
        (proxy._plan, proxy._services, proxy.Target) = (plan, services, target);
        (proxy.Logger, proxy.Time) = (WebLog.From(services), services.GetService<TimeProvider>() ?? TimeProvider.System);
        return service;
    }

    public ILockProvider LocksOf(string? key) => key is null ? _services.GetRequiredService<ILockProvider>() : _services.GetRequiredKeyedService<ILockProvider>(key);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        ArgumentNullException.ThrowIfNull(targetMethod);
        return _plan.Find(targetMethod) is { } method
            ? method.Run(new SynchronizedCall(method, targetMethod, this, args ?? []))
            : targetMethod.Invoke(Target, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }
}

using System.Reflection;

namespace Coordination.Proxies;

/// <summary>The synchronized methods of a service.</summary>
internal sealed class SynchronizedPlan(IReadOnlyDictionary<MethodInfo, SynchronizedMethod> methods)
{
    /// <summary>The plan of a method of the interface; null when it is not synchronized.</summary>
    public SynchronizedMethod? Find(MethodInfo method) =>
        methods.GetValueOrDefault(method.IsGenericMethod ? method.GetGenericMethodDefinition() : method);
}

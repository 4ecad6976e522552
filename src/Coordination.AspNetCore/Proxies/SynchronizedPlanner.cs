using System.Reflection;
using Coordination.Templates;

namespace Coordination.Proxies;

/// <summary>Finds the synchronized methods of a service and binds their locks. All that is wrong is said at once, at the registration.</summary>
internal static class SynchronizedPlanner
{
    /// <exception cref="CoordinationConfigurationException">Something is wrong; the message says with which methods, and what.</exception>
    public static SynchronizedPlan Plan(Type service, Type implementation)
    {
        if (!service.IsInterface)
        {
            throw new CoordinationConfigurationException($"{service.Name} is no interface, so nothing can stand before {implementation.Name}. Register it by an interface.");
        }

        var faults = new List<string>();
        var methods = new Dictionary<MethodInfo, SynchronizedMethod>();
        var reached = new HashSet<MethodInfo>();
        foreach (var map in service.GetInterfaces().Prepend(service).Select(implementation.GetInterfaceMap))
        {
            for (var i = 0; i < map.InterfaceMethods.Length; i++)
            {
                reached.Add(Root(map.TargetMethods[i]));
                if (PlanOne(map.InterfaceMethods[i], map.TargetMethods[i], faults) is { } method)
                {
                    methods.Add(map.InterfaceMethods[i], method);
                }
            }
        }

        faults.AddRange(implementation
            .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy)
            .Where(method => method.IsDefined(typeof(SynchronizedAttribute)) && !reached.Contains(Root(method)))
            .Select(method => $"{implementation.Name}.{method.Name}: it is no method of {service.Name}, so its callers would go past its lock; add it to the interface."));
        if (methods.Count == 0 && faults.Count == 0)
        {
            faults.Add($"{service.Name}: neither it nor {implementation.Name} has a method with [Synchronized]; add one, or register the service without AddSynchronized.");
        }

        return faults.Count == 0
            ? new SynchronizedPlan(methods)
            : throw new CoordinationConfigurationException("The locks of methods cannot be bound:" + string.Concat(faults.Select(fault => $"\n  {fault}")));
    }

    // A method of a base class is found by way of the derived one too.
    private static MethodInfo Root(MethodInfo method) => method.GetBaseDefinition();

    private static SynchronizedMethod? PlanOne(MethodInfo declared, MethodInfo implemented, List<string> faults)
    {
        var wanted = Attributes(declared).Concat(Attributes(implemented)).ToList();
        if (wanted.Count == 0)
        {
            return null;
        }

        var name = $"{implemented.DeclaringType!.Name}.{declared.Name}";
        var before = faults.Count;
        if (ReturnShapes.Fault(declared, implemented) is { } shape)
        {
            faults.Add($"{name}: {shape}.");
        }

        var terms = TermsOf(wanted[0].Attribute);
        if (terms.Fault is { } fault)
        {
            faults.Add($"{name}, lock '{wanted[0].Attribute.Template}': {fault}.");
        }

        faults.AddRange(wanted
            .Where(one => TermsOf(one.Attribute) != terms)
            .Select(one => $"{name}, lock '{one.Attribute.Template}': its settings differ from those of '{wanted[0].Attribute.Template}'; the locks of one method are taken together, so give them the same."));
        var templates = wanted.ConvertAll(one => Bind(name, one.Attribute, one.Method, faults));
        var tokenPlace = Array.FindIndex(declared.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken));
        return faults.Count > before ? null : new SynchronizedMethod(name, terms, [.. templates.OfType<BoundTemplate>()], tokenPlace, ReturnShapes.RunnerOf(declared.ReturnType));
    }

    private static BoundTemplate? Bind(string name, SynchronizedAttribute attribute, MethodInfo method, List<string> faults)
    {
        try
        {
            return TemplateBinder.Bind(attribute.Template, new TemplateScope(method.GetParameters(), RouteValues: [], method.Name.Split('.')[^1]));
        }
        catch (FormatException e)
        {
            faults.Add($"{name}, lock '{attribute.Template}': {e.Message}.");
            return null;
        }
    }

    // An explicit implementation and its declaration may name their parameters differently: each attribute speaks of the names beside it.
    private static IEnumerable<(SynchronizedAttribute Attribute, MethodInfo Method)> Attributes(MethodInfo method) =>
        method.GetCustomAttributes<SynchronizedAttribute>(inherit: true).Select(attribute => (attribute, method));

    private static LockTerms TermsOf(SynchronizedAttribute attribute) => new(LockTerms.FromSeconds(attribute.TimeoutSeconds), attribute.Mode, attribute.MaxHolders, attribute.Key);
}

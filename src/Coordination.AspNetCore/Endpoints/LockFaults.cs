namespace Coordination.Endpoints;

/// <summary>Says what is wrong with the locks of endpoints, all of it in one message.</summary>
internal static class LockFaults
{
    public static string Describe(IEnumerable<LockPlan> plans) =>
        Describe(plans.SelectMany(plan => plan.Faults.Select(fault => $"Endpoint '{plan.Endpoint}': {fault}.")));

    public static string Describe(IEnumerable<string> faults) => "The locks of endpoints cannot be bound:" + string.Concat(faults.Select(fault => $"\n  {fault}"));
}

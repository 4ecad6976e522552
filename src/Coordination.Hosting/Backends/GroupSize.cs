namespace Coordination.Backends;

/// <summary>How many members a group may have: a bound for accidents, such as a loop that starts members, and not a target.</summary>
internal static class GroupSize
{
    /// <summary>On a PostgreSQL the schema has it too, and <c>coordination.most_members</c> in its place where that is set.</summary>
    public const int Most = 1000;

    /// <summary>The refusal. A place may become free, so trying again is worth it.</summary>
    public static CoordinationUnavailableException Full(string group, int most) => new(
        $"Group '{group}' has {most} members, and takes no more. Stop some, or spread the service over several groups (Group).");
}

using System.Globalization;

namespace Coordination.Partitioning;

/// <summary>What a member tells the others about a partitioned service that it runs; a piece of its metadata.</summary>
/// <param name="Count">How many partitions it knows.</param>
/// <param name="IsReady">Whether its host has started, so that it can own some.</param>
internal readonly record struct PartitionNote(int Count, bool IsReady)
{
    private const string Starting = " starting";

    /// <summary>The metadata key for a service.</summary>
    public static string KeyOf(string service) => $"{Member.ReservedMetadata}partitions.{service}";

    /// <summary>What the member says of the service whose metadata key this is; null when it does not run it.</summary>
    public static PartitionNote? Read(Member member, string key)
    {
        if (!member.Metadata.TryGetValue(key, out var text))
        {
            return null;
        }

        var isStarting = text.EndsWith(Starting, StringComparison.Ordinal);
        return int.TryParse(text.AsSpan(0, text.Length - (isStarting ? Starting.Length : 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new PartitionNote(count, !isStarting)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}{(IsReady ? string.Empty : Starting)}");
}

using System.Globalization;

namespace Coordination;

/// <summary>A member as one view shows it.</summary>
/// <param name="Id">The name that the member gave itself, unique among the living.</param>
/// <param name="Number">Its number: given at join, rising, never used again.</param>
/// <param name="Status">What the group knows of it.</param>
/// <param name="JoinedAt">When it joined, by the server's clock.</param>
/// <param name="Url">Where others reach it, or null when it has not said.</param>
/// <param name="Metadata">What it tells about itself (<c>weight</c>, <c>zone</c>, <c>version</c> and <c>rank</c> have meaning, see <see cref="CoordinationOptions.Metadata"/>); never null.</param>
public sealed record Member(
    string Id,
    long Number,
    MemberStatus Status,
    DateTimeOffset JoinedAt,
    Uri? Url,
    IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Metadata that the library itself publishes begins with this.</summary>
    internal const string ReservedMetadata = "coordination.";

    /// <summary>The metadata key under which a member says why it is degraded.</summary>
    internal const string DegradedMetadata = ReservedMetadata + "degraded";

    /// <summary>
    /// Whether it reports itself degraded (<see cref="CoordinationOptions.Degraded"/>): it is not the leader of the group, leads no role, and is to get no new work.
    /// </summary>
    public bool IsDegraded => Metadata.ContainsKey(DegradedMetadata);

    /// <summary>Why it is degraded, in its own words; null when it is not.</summary>
    public string? DegradedReason => Metadata.GetValueOrDefault(DegradedMetadata);

    /// <summary>Who wants to lead goes by rank first, the lowest first; from metadata <c>rank</c>, 0 when absent.</summary>
    internal int Rank => Metadata.TryGetValue("rank", out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var rank) ? rank : 0;

    /// <summary>
    /// Its share of the keys beside the others', from metadata <c>weight</c>; 1 when absent. A member of another version may tell something that
    /// we would refuse of our own: that counts as 1 too, so that everybody agrees.
    /// </summary>
    internal double Weight => Metadata.TryGetValue("weight", out var text) && TryReadWeight(text, out var weight) ? weight : 1;

    /// <summary>Where it runs, from metadata <c>zone</c>; empty when absent.</summary>
    internal string Zone => Metadata.GetValueOrDefault("zone") ?? string.Empty;

    /// <summary>Whether keys can be its own. A suspect keeps what it has: it is back in a moment, or out of the view.</summary>
    internal bool CanOwn => Status is MemberStatus.Up or MemberStatus.Suspect && Weight > 0;

    /// <summary>Reads a weight: 0 to 1,000,000, with digits and a point.</summary>
    internal static bool TryReadWeight(string text, out double weight) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weight) && weight is >= 0 and <= 1_000_000;

    /// <summary>Two members are equal when all they show is equal, the metadata included.</summary>
    /// <param name="other">Another member.</param>
    /// <returns>Whether both show the same.</returns>
    public bool Equals(Member? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && Id == other.Id && Number == other.Number && Status == other.Status && JoinedAt == other.JoinedAt && Url == other.Url
            && Metadata.Count == other.Metadata.Count
            && Metadata.All(pair => other.Metadata.TryGetValue(pair.Key, out var value) && value == pair.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Number, Status);

    /// <inheritdoc/>
    public override string ToString() => $"{Id} (number {Number}, {Status})";
}

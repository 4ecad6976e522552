using System.Text.Json;

namespace Coordination.Reading;

/// <summary>A part of a report that can be shown as rows.</summary>
internal interface IListing
{
    IReadOnlyList<IReadOnlyList<string>> Table(GroupReport report, bool isWide);

    IEnumerable<string> Names(GroupReport report);

    void WriteJson(Utf8JsonWriter writer, GroupReport report);
}

namespace Coordination.Reading;

/// <summary>One thing that is told of a row.</summary>
/// <param name="Header">Above it in a table.</param>
/// <param name="Property">Its name in JSON, which never changes.</param>
/// <param name="Value">Out of the row: a text, a number, a time, a truth, a list of texts, or nothing.</param>
/// <param name="IsWide">Whether a narrow table leaves it out.</param>
internal sealed record Column<T>(string Header, string Property, Func<T, object?> Value, bool IsWide = false);

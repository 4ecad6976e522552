namespace Coordination.Backends.Postgres;

/// <summary>Names inside SQL text.</summary>
internal static class Identifier
{
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

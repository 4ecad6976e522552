namespace Coordination.Backends.Postgres;

/// <summary>The statements of locks with several holders (script 0005).</summary>
internal static class PlaceSql
{
    public static string Check(string schema) => $"select {Identifier.Quote(schema)}.check_semaphore(@Key, @IsPair, @Most, @Places)";

    public static string Take(string schema) => $"select place, fence from {Identifier.Quote(schema)}.take_place($1, $2)";

    /// <summary>One slice of standing in line.</summary>
    public static string Wait(string schema) => $"select {Identifier.Quote(schema)}.wait_place($1, $2, $3, $4)";
}

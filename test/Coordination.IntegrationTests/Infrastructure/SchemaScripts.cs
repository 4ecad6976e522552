namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>The numbered scripts of the library, as it applies them, to make a schema as an older version left it.</summary>
internal static class SchemaScripts
{
    private const string Prefix = "Coordination.Backends.Postgres.Scripts.";

    /// <summary>Their names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(ILockProvider).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => name[Prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <summary>Makes the schema <c>coordination</c> with the first scripts.</summary>
    public static async Task ApplyAsync(TestDatabase database, int count)
    {
        await database.ExecuteAsync("create schema coordination");
        foreach (var (name, version) in Names.Take(count).Select((name, i) => (name, i + 1)))
        {
            await database.ExecuteAsync($"""
                {Read(name)};
                insert into coordination.schema_version (version, name, works_from) values ({version}, '{name}', 1);
                """);
        }
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(ILockProvider).Assembly.GetManifestResourceStream(Prefix + name)!);
        return reader.ReadToEnd()
            .Replace("{schema}", "coordination", StringComparison.Ordinal)
            .Replace("{schema_in_text}", "coordination", StringComparison.Ordinal);
    }
}

using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Coordination.Backends.Postgres;

/// <summary>A numbered script that makes the schema what this version of the library needs. Forward only; never changed once published.</summary>
/// <param name="Version">Its number.</param>
/// <param name="Name">Its file name.</param>
/// <param name="WorksFrom">
/// The oldest version that a program may know and still work with the schema afterwards; from a first line such as
/// <c>-- works from: 3</c>, else 1.
/// </param>
/// <param name="Text">SQL with the placeholders <c>{schema}</c> and, for the inside of single quotes, <c>{schema_in_text}</c>.</param>
internal sealed partial record SchemaScript(int Version, string Name, int WorksFrom, string Text)
{
    /// <summary>All that this library brings, in order.</summary>
    public static IReadOnlyList<SchemaScript> All { get; } = Load();

    /// <summary>The SQL for one schema.</summary>
    public string For(string schema)
    {
        // A schema may be called a$$b, which would end a body that is quoted by $$.
        var tag = $"$x{Convert.ToHexString(SHA256.HashData(StrictUtf8.Encoding.GetBytes(schema)), 0, 8)}$";
        return Text
            .Replace("$$", tag, StringComparison.Ordinal)
            .Replace("{schema_in_text}", Identifier.QuoteInText(schema), StringComparison.Ordinal)
            .Replace("{schema}", Identifier.Quote(schema), StringComparison.Ordinal);
    }

    private static List<SchemaScript> Load()
    {
        var assembly = typeof(SchemaScript).Assembly;
        var prefix = $"{typeof(SchemaScript).Namespace}.Scripts.";
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, name[prefix.Length..]))
            .OrderBy(script => script.Version)];
    }

    private static SchemaScript Read(Assembly assembly, string resource, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, StrictUtf8.Encoding);
        var text = reader.ReadToEnd();
        var worksFrom = WorksFromLine().Match(text) is { Success: true } line ? Number(line.Groups[1].ValueSpan) : 1;
        return new SchemaScript(Number(name.AsSpan(0, 4)), name, worksFrom, text);
    }

    private static int Number(ReadOnlySpan<char> digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A-- works from: (\d+)")]
    private static partial Regex WorksFromLine();
}

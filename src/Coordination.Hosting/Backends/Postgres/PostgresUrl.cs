using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>A BackendUrl of PostgreSQL in Npgsql's form: a libpq URI or an Npgsql key=value string, read strictly.</summary>
/// <remarks>
/// <para>No fault repeats a password or a part of the text that could be one, and no exception of Npgsql, which does so, is passed on.</para>
/// <para>Not a record: its text form must never show the connection string.</para>
/// </remarks>
internal sealed class PostgresUrl
{
    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    private PostgresUrl(NpgsqlConnectionStringBuilder builder, IReadOnlyList<LibpqHost> hosts)
    {
        ConnectionString = builder.ConnectionString;
        Description = NpgsqlHosts.Describe(hosts, builder.Database);
    }

    /// <summary>For Npgsql, the password included.</summary>
    public string ConnectionString { get; }

    /// <summary><c>postgresql://host:port[,host:port]/database</c>, for people.</summary>
    public string Description { get; }

    /// <summary>Whether a text has one of the schemes of libpq.</summary>
    public static bool HasScheme(string text) => Scheme(text) is not null;

    /// <summary>Reads a BackendUrl.</summary>
    /// <param name="text">A libpq URI or an Npgsql key=value string.</param>
    /// <param name="faults">Gets everything that is wrong with it, as sentences.</param>
    /// <returns>The address, or null when there are faults.</returns>
    public static PostgresUrl? Read(string text, ICollection<string> faults)
    {
        if (!StrictUtf8.CanExpress(text) || text.Any(char.IsControl))
        {
            faults.Add("BackendUrl has a control character, or half of a surrogate pair, in it. Remove it (a line end, perhaps).");
            return null;
        }

        return Scheme(text) is { } scheme ? ReadUri(text[scheme.Length..], faults) : ReadKeyValue(text, faults);
    }

    /// <inheritdoc/>
    public override string ToString() => Description;

    private static string? Scheme(string text) =>
        Schemes.FirstOrDefault(scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));

    private static PostgresUrl? ReadUri(string text, ICollection<string> faults)
    {
        var mapping = new LibpqMapping(faults);
        return LibpqUri.Read(text, faults) is { } uri && mapping.Apply(uri) is { } hosts ? new PostgresUrl(mapping.Builder, hosts) : null;
    }

    private static PostgresUrl? ReadKeyValue(string text, ICollection<string> faults)
    {
        if (KeyValueText.Read(text) is not { } entries)
        {
            faults.Add(
                "BackendUrl is neither a URL with a scheme nor a list of key=value entries divided by ';'. A value with ';' or quotes in it stands " +
                "in quotes, and a quote inside is doubled.");
            return null;
        }

        var keywords = new NpgsqlKeywords(faults);
        return keywords.Apply(entries) is { } hosts ? new PostgresUrl(keywords.Builder, hosts) : null;
    }
}

using System.Text;

namespace Coordination.Backends.Postgres;

/// <summary>Splits an ADO.NET connection string into its entries, in order, so that duplicates and torn passwords can be told.</summary>
/// <remarks>
/// The grammar is the one of DbConnectionStringBuilder, which keeps only the last of two equal keywords and puts keywords into its
/// errors, where the second half of a password with a semicolon would be seen.
/// </remarks>
internal static class KeyValueText
{
    /// <summary>Reads all entries.</summary>
    /// <returns>The entries, or null when the text is not of that form.</returns>
    public static List<UrlParameter>? Read(string text)
    {
        var entries = new List<UrlParameter>();
        var at = 0;
        var followsSecret = false;
        while (true)
        {
            while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] == ';'))
            {
                at++;
            }

            if (at == text.Length)
            {
                return entries;
            }

            if (ReadName(text, ref at) is not { } name || ReadValue(text, ref at) is not { } value)
            {
                return null;
            }

            entries.Add(new UrlParameter(name, value, followsSecret));
            followsSecret = UrlParameter.IsSecret(name);
        }
    }

    // Leaves the position behind the '='. Two of them are one '=' of the name.
    private static string? ReadName(string text, ref int at)
    {
        var name = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (text[at] != '=')
            {
                name.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '=')
            {
                name.Append('=');
                at++;
            }
            else
            {
                at++;
                var trimmed = name.ToString().Trim();
                return trimmed.Length == 0 ? null : trimmed;
            }
        }

        return null;
    }

    private static string? ReadValue(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        if (at < text.Length && text[at] is '\'' or '"')
        {
            return ReadQuoted(text, ref at);
        }

        var end = text.IndexOf(';', at);
        end = end < 0 ? text.Length : end;
        var value = text[at..end].TrimEnd();
        at = end;
        return value.Length > 0 && value[^1] is '\'' or '"' ? null : value;
    }

    private static string? ReadQuoted(string text, ref int at)
    {
        var quote = text[at++];
        var value = new StringBuilder();
        for (; at < text.Length; at++)
        {
            if (text[at] != quote)
            {
                value.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == quote)
            {
                value.Append(quote);
                at++;
            }
            else
            {
                at++;
                while (at < text.Length && char.IsWhiteSpace(text[at]))
                {
                    at++;
                }

                return at == text.Length || text[at] == ';' ? value.ToString() : null;
            }
        }

        return null;
    }
}

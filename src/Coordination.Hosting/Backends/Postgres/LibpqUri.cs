using System.Globalization;
using System.Text;

namespace Coordination.Backends.Postgres;

/// <summary>The parts of a libpq URI, split and decoded, not yet judged.</summary>
/// <remarks>
/// The splitting is libpq's: everything up to the first <c>@</c> before a <c>/</c> is user and password. A password with one of
/// <c>@ / ? # : &amp;</c> in it that is not percent-encoded tears the URI at the wrong place, and its second half then looks like a host,
/// a port or a parameter. So nothing of a part that is wrong is ever repeated in a fault.
/// </remarks>
internal sealed class LibpqUri
{
    private const string Encode =
        "If the password contains one of @ / ? # : & % or a space, percent-encode it (@ is %40, / is %2F, % is %25).";

    private readonly ICollection<string> _faults;

    private LibpqUri(ICollection<string> faults) => _faults = faults;

    /// <summary>Hosts of the authority, in order; an empty name where none was written.</summary>
    public List<LibpqHost> Hosts { get; } = [];

    /// <summary>User, password, database and the query, under libpq's names.</summary>
    public List<UrlParameter> Parameters { get; } = [];

    /// <summary>Splits a URI.</summary>
    /// <param name="text">What follows <c>postgresql://</c>.</param>
    /// <param name="faults">Gets what is wrong, without anything secret.</param>
    /// <returns>The parts, or null when the text could not be split.</returns>
    public static LibpqUri? Read(string text, ICollection<string> faults)
    {
        var before = faults.Count;
        var uri = new LibpqUri(faults);
        var rest = uri.ReadUser(text);
        if (rest.Contains('@', StringComparison.Ordinal))
        {
            faults.Add($"BackendUrl has an '@' behind its host that is not percent-encoded. {Encode}");
            return null;
        }

        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var place = query < 0 ? rest : rest[..query];
        var slash = place.IndexOf('/', StringComparison.Ordinal);
        uri.ReadHosts(slash < 0 ? place : place[..slash]);
        if (slash >= 0)
        {
            uri.Add("dbname", place[(slash + 1)..], "database");
        }

        if (query >= 0 && query + 1 < rest.Length)
        {
            uri.ReadQuery(rest[(query + 1)..]);
        }

        return faults.Count == before ? uri : null;
    }

    private string ReadUser(string text)
    {
        var end = text.IndexOfAny(['@', '/']);
        if (end < 0 || text[end] == '/')
        {
            return text;
        }

        var user = text[..end];
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        Add("user", colon < 0 ? user : user[..colon], "user name");
        if (colon >= 0)
        {
            Add("password", user[(colon + 1)..], "password");
        }

        return text[(end + 1)..];
    }

    private void ReadHosts(string authority)
    {
        if (authority.Length == 0)
        {
            return;
        }

        var parts = authority.Split(',');
        for (var i = 0; i < parts.Length; i++)
        {
            ReadHost(parts[i], parts.Length == 1 ? "The host of BackendUrl" : string.Create(CultureInfo.InvariantCulture, $"Host {i + 1} of BackendUrl"));
        }
    }

    private void ReadHost(string part, string what)
    {
        var bracket = part.StartsWith('[') ? part.IndexOf(']', StringComparison.Ordinal) : -1;
        if (part.StartsWith('[') && bracket < 0)
        {
            _faults.Add($"{what} begins with '[' and has no ']'. An IPv6 address stands in brackets: [::1]:5432.");
            return;
        }

        var colon = part.IndexOf(':', bracket + 1);
        var portText = colon < 0 ? string.Empty : part[(colon + 1)..];
        var nameText = bracket < 0 ? (colon < 0 ? part : part[..colon]) : part[1..bracket];
        if (!TryDecode(nameText, out var name)
            || (name.Length > 0 && !LibpqHost.IsWellFormed(name))
            || (bracket >= 0 && (!name.Contains(':', StringComparison.Ordinal) || (part.Length > bracket + 1 && colon != bracket + 1))))
        {
            _faults.Add(
                $"{what} is not a host name, an address or the percent-encoded directory of a unix socket (%2Fvar%2Frun%2Fpostgresql). " +
                $"An IPv6 address stands in brackets. {Encode}");
            return;
        }

        if (!LibpqHost.TryReadPort(portText, out var port))
        {
            _faults.Add($"{what} has a port that is not a number of 1 to 65535. An IPv6 address stands in brackets. {Encode}");
            return;
        }

        Hosts.Add(new LibpqHost(name, port));
    }

    private void ReadQuery(string query)
    {
        var followsSecret = false;
        foreach (var part in query.Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                _faults.Add($"A parameter in the query of BackendUrl is not of the form name=value. {Encode}");
                continue;
            }

            if (!TryDecode(part[..equals], out var name) || !TryDecode(part[(equals + 1)..], out var value))
            {
                _faults.Add(
                    "A parameter in the query of BackendUrl has a '%' that is not followed by two hex digits of valid UTF-8, or %00. " +
                    "A percent sign itself is %25.");
                continue;
            }

            Parameters.Add(new UrlParameter(name, value, followsSecret));
            followsSecret = UrlParameter.IsSecret(name);
        }
    }

    private void Add(string name, string encoded, string what)
    {
        if (!TryDecode(encoded, out var value))
        {
            _faults.Add(
                $"The {what} in BackendUrl has a '%' that is not followed by two hex digits of valid UTF-8, or %00. A percent sign itself is %25.");
        }
        else if (value.Length > 0)
        {
            Parameters.Add(new UrlParameter(name, value, followsSecret: false));
        }
    }

    private static bool TryDecode(string text, out string decoded)
    {
        decoded = text;
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return true;
        }

        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                // Both halves of a pair together; a lone one has been refused before.
                var width = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, width)));
                i += width - 1;
            }
            else if (i + 2 < text.Length
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
                && value != 0)
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                return false;
            }
        }

        try
        {
            decoded = StrictUtf8.Encoding.GetString([.. bytes]);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}

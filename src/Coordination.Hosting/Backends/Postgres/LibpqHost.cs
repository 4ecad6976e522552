using System.Globalization;

namespace Coordination.Backends.Postgres;

/// <summary>One place where a server may answer.</summary>
/// <param name="Name">A host name, an address (without brackets), or the directory of a unix socket.</param>
/// <param name="Port">Its port, or null for the default one.</param>
internal readonly record struct LibpqHost(string Name, int? Port)
{
    public const int DefaultPort = 5432;

    /// <summary>A directory, or <c>@</c> for Linux' abstract name space.</summary>
    public static bool IsSocket(string name) => name.Length > 0 && (name[0] is '/' or '@' || Path.IsPathRooted(name));

    /// <summary>As a part of Npgsql's list of several hosts.</summary>
    public string ForList => string.Create(CultureInfo.InvariantCulture, $"{Bracketed}:{Port ?? DefaultPort}");

    /// <summary>As a part of a URL that people read.</summary>
    public string Shown => string.Create(
        CultureInfo.InvariantCulture, $"{(IsSocket(Name) ? Uri.EscapeDataString(Name) : Bracketed)}:{Port ?? DefaultPort}");

    private string Bracketed => Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name;

    /// <summary>Whether a text can be a host at all; it is not repeated in messages, for a torn password may stand there.</summary>
    public static bool IsWellFormed(string name) =>
        name.Length > 0
        && !name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
        && (IsSocket(name)
            ? !name.Any(c => c is ',' or ':')
            : name.Contains(':', StringComparison.Ordinal)
                ? System.Net.IPAddress.TryParse(name, out var address) && address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6
                : name.All(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_'));

    /// <summary>Reads a port; an empty text is the default one.</summary>
    public static bool TryReadPort(string text, out int? port)
    {
        port = null;
        if (text.Length == 0)
        {
            return true;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535)
        {
            return false;
        }

        port = number;
        return true;
    }
}

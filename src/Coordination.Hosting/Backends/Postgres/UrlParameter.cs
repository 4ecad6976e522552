namespace Coordination.Backends.Postgres;

/// <summary>One name and value out of a BackendUrl, with the knowledge which parts of it people may see. Not a record: its text form must never show a value.</summary>
/// <param name="name">As written, decoded.</param>
/// <param name="value">As written, decoded.</param>
/// <param name="followsSecret">
/// It stands right behind a password. A password with an unquoted separator in it continues here, so nothing of it is repeated.
/// </param>
internal sealed class UrlParameter(string name, string value, bool followsSecret)
{
    private const int LongestShown = 60;

    public string Name { get; } = name;

    public string Value { get; } = value;

    /// <summary>Whether a name announces a secret.</summary>
    public static bool IsSecret(string name) =>
        name.Contains("pass", StringComparison.OrdinalIgnoreCase) && !name.Equals("passfile", StringComparison.OrdinalIgnoreCase)
        || name.Equals("pwd", StringComparison.OrdinalIgnoreCase)
        || name.Equals("psw", StringComparison.OrdinalIgnoreCase);

    /// <summary>The name for a message.</summary>
    public string ShownName => followsSecret || !LooksLikeAName(Name) ? "(not shown, it may be part of a password)" : $"'{Name}'";

    /// <summary>The value for a message; for values of a fixed set only, never for free text.</summary>
    public string ShownValue => followsSecret || IsSecret(Name) || Value.Length > LongestShown || Value.Any(char.IsControl)
        ? "(not shown)"
        : $"'{Value}'";

    /// <inheritdoc/>
    public override string ToString() => ShownName;

    private static bool LooksLikeAName(string text) =>
        text.Length is > 0 and <= LongestShown && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or ' ' or '.');
}

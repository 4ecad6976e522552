using System.Globalization;
using System.Text;

namespace Coordination.Templates;

/// <summary>A placeholder that knows where its value comes from.</summary>
/// <param name="Name">As it stands in the template.</param>
/// <param name="Place">The place of the argument, or -1 for a value of the route.</param>
/// <param name="Root">The name of the argument or route value.</param>
/// <param name="Walk">From the argument to the property; null for the argument itself.</param>
/// <param name="Separator">What begins the text after it, when another placeholder follows: that character must not stand in the value.</param>
internal sealed record Placeholder(string Name, int Place, string Root, Func<object, object?>? Walk, char? Separator)
{
    private readonly string _escaped = Separator is { } separator
        ? string.Concat(Encoding.UTF8.GetBytes([separator]).Select(one => string.Create(CultureInfo.InvariantCulture, $"%{one:X2}")))
        : string.Empty;

    /// <summary>The value as text; null when it, or something on the way to it, is null.</summary>
    public string? TextOf(in LockArguments arguments)
    {
        var root = Place < 0 ? arguments.Route(Root) : arguments.Argument(Place, Root);
        var value = root is null || Walk is null ? root : Walk(root);
        return value is null ? null : Escape(ValueText.Of(value));
    }

    // So that the first separator after the value is the one of the template: 'a-b' and 'c' in '{x}-{y}' would otherwise meet 'a' and 'b-c'.
    private string Escape(string text) =>
        Separator is not { } separator || text.AsSpan().IndexOfAny(separator, '%') < 0
            ? text
            : text.Replace("%", "%25", StringComparison.Ordinal).Replace(separator.ToString(), _escaped, StringComparison.Ordinal);
}

using System.Text;

namespace Coordination.Templates;

/// <summary>Splits <c>order-{id}</c> into text and placeholders. <c>{{</c> and <c>}}</c> are braces.</summary>
internal static class TemplateParser
{
    /// <exception cref="FormatException">A brace without its partner, or a placeholder that is no name.</exception>
    public static IReadOnlyList<TemplatePart> Parse(string template)
    {
        var parts = new List<TemplatePart>();
        var text = new StringBuilder();
        var at = 0;
        while (at < template.Length)
        {
            var here = template[at];
            if (here is '{' or '}' && at + 1 < template.Length && template[at + 1] == here)
            {
                text.Append(here);
                at += 2;
            }
            else if (here == '{')
            {
                var end = template.IndexOf('}', at);
                AddText(parts, text);
                parts.Add(new TemplatePart(Placeholder(template, at, end), IsPlaceholder: true));
                at = end + 1;
            }
            else
            {
                text.Append(here != '}' ? here : throw new FormatException($"the '}}' at position {at} closes nothing; a brace that is meant as text is written '}}}}'"));
                at++;
            }
        }

        AddText(parts, text);
        return parts.Count > 0 ? parts : throw new FormatException("it is empty; a lock needs a name");
    }

    private static string Placeholder(string template, int start, int end)
    {
        var name = end < 0
            ? throw new FormatException($"the '{{' at position {start} is not closed; a brace that is meant as text is written '{{{{'")
            : template[(start + 1)..end];
        return name.Split('.').All(IsIdentifier)
            ? name
            : throw new FormatException($"'{{{name}}}' is no placeholder; one is a name, or names with dots between them, like {{id}} or {{order.id}}");
    }

    private static bool IsIdentifier(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => letter == '_' || char.IsLetterOrDigit(letter));

    private static void AddText(List<TemplatePart> parts, StringBuilder text)
    {
        if (text.Length > 0)
        {
            parts.Add(new TemplatePart(text.ToString(), IsPlaceholder: false));
            text.Clear();
        }
    }
}

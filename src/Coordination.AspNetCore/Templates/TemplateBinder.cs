namespace Coordination.Templates;

/// <summary>Binds a template to a method or endpoint, when the host starts. What cannot be bound is said there.</summary>
internal static class TemplateBinder
{
    /// <exception cref="FormatException">The template cannot be parsed or bound; the message says why.</exception>
    public static BoundTemplate Bind(string template, TemplateScope scope)
    {
        var (texts, names) = Split(TemplateParser.Parse(template), scope);
        var placeholders = new List<Placeholder>(names.Count);
        for (var i = 0; i < names.Count; i++)
        {
            placeholders.Add(BindOne(names[i], scope, i < names.Count - 1 ? Separator(texts[i + 1], names[i], names[i + 1]) : null));
        }

        return new BoundTemplate(template, texts, placeholders);
    }

    // {f_name} never changes, so it becomes text here.
    private static (List<string> Texts, List<string> Names) Split(IReadOnlyList<TemplatePart> parts, TemplateScope scope)
    {
        var texts = new List<string> { string.Empty };
        var names = new List<string>();
        foreach (var part in parts)
        {
            if (part.IsPlaceholder && part.Text != TemplateScope.FunctionNamePlaceholder)
            {
                names.Add(part.Text);
                texts.Add(string.Empty);
            }
            else
            {
                texts[^1] += part.IsPlaceholder
                    ? scope.FunctionName ?? throw new FormatException("{f_name} stands for the endpoint's name and this endpoint is a lambda without one; name it with .WithName(…)")
                    : part.Text;
            }
        }

        return (texts, names);
    }

    private static char? Separator(string between, string before, string after) => between switch
    {
        "" => throw new FormatException($"{{{before}}} and {{{after}}} stand side by side, and 'ab' + 'c' would be one lock with 'a' + 'bc'; put a character between them, like '-'"),
        [var first, ..] when char.IsLetterOrDigit(first) || char.IsSurrogate(first) || first == '%' =>
            throw new FormatException($"the text between {{{before}}} and {{{after}}} begins with '{first}'; begin it with a punctuation mark other than '%', so that the values can be told apart"),
        _ => between[0],
    };

    private static Placeholder BindOne(string name, TemplateScope scope, char? separator)
    {
        var names = name.Split('.');
        if (FindParameter(scope, names[0]) is { } parameter)
        {
            var (type, walk) = PropertyPath.Find(parameter.ParameterType, names.AsSpan(1));
            return ValueText.IsSaidBy(type)
                ? new Placeholder(name, parameter.Position, parameter.Name!, walk, separator)
                : throw new FormatException($"{{{name}}} is a {type.Name}, of which no text says which one it is; name a property of it");
        }

        if (scope.RouteValues.FirstOrDefault(value => string.Equals(value, names[0], StringComparison.OrdinalIgnoreCase)) is not { } route)
        {
            throw new FormatException($"{{{name}}} is not known; known are {scope.Known}");
        }

        return names.Length == 1
            ? new Placeholder(name, -1, route, null, separator)
            : throw new FormatException($"{{{name}}} asks for a property of '{route}', which is a text of the route; only parameters have properties");
    }

    private static System.Reflection.ParameterInfo? FindParameter(TemplateScope scope, string name) =>
        scope.Parameters.FirstOrDefault(parameter => parameter.Name == name)
        ?? scope.Parameters.FirstOrDefault(parameter => string.Equals(parameter.Name, name, StringComparison.OrdinalIgnoreCase));
}

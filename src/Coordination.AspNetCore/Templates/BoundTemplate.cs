using System.Text;

namespace Coordination.Templates;

/// <summary>A template whose placeholders are bound: makes the name of a lock out of the values of a call.</summary>
/// <param name="Text">The template as it was written.</param>
/// <param name="Texts">What stands before each placeholder, and after the last: one more than there are placeholders.</param>
/// <param name="Placeholders">The placeholders, in order.</param>
internal sealed record BoundTemplate(string Text, IReadOnlyList<string> Texts, IReadOnlyList<Placeholder> Placeholders)
{
    /// <summary>The template with what never changes filled in: <c>Heal-{vnf.id}</c>.</summary>
    public string Shape { get; } = string.Concat(Texts.Select((text, place) => place < Placeholders.Count ? $"{text}{{{Placeholders[place].Name}}}" : text));

    /// <summary>The name; null when a placeholder has no value, and then which one.</summary>
    public string? Render(in LockArguments arguments, out string? missing)
    {
        missing = null;
        switch (Placeholders.Count)
        {
            case 0:
                return Texts[0];
            case 1:
                var only = Placeholders[0].TextOf(arguments);
                missing = only is null ? Placeholders[0].Name : null;
                return only is null ? null : string.Concat(Texts[0], only, Texts[1]);
            default:
                return RenderMany(arguments, out missing);
        }
    }

    private string? RenderMany(in LockArguments arguments, out string? missing)
    {
        var name = new StringBuilder(Texts[0]);
        for (var i = 0; i < Placeholders.Count; i++)
        {
            if (Placeholders[i].TextOf(arguments) is not { } value)
            {
                missing = Placeholders[i].Name;
                return null;
            }

            name.Append(value).Append(Texts[i + 1]);
        }

        missing = null;
        return name.ToString();
    }
}

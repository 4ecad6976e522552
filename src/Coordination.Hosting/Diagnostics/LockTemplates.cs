using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Coordination.Diagnostics;

/// <summary>What metrics and spans show instead of the names of locks: few different texts, however many names there are.</summary>
/// <remarks>A name that came without its template gets one: numbers and ids in it become <c>{}</c>. Beyond a number of different ones all are <see cref="Other"/>.</remarks>
internal sealed partial class LockTemplates
{
    public const string Other = "{other}";

    private const int Most = 200;
    private const int MostNames = 4096;

    private readonly ConcurrentDictionary<string, string> _ofName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>The template of a name.</summary>
    public string Of(LockName name, string? given)
    {
        if (given is not null)
        {
            return Bounded(given);
        }

        if (_ofName.TryGetValue(name.Value, out var known))
        {
            return known;
        }

        var template = Bounded(Variable().Replace(name.Value, "{}"));
        if (_ofName.Count < MostNames)
        {
            _ofName.TryAdd(name.Value, template);
        }

        return template;
    }

    private string Bounded(string template) => _known.ContainsKey(template) || (_known.Count < Most && Remember(template)) ? template : Other;

    private bool Remember(string template)
    {
        _known.TryAdd(template, true);
        return true;
    }

    // A GUID; eight or more hexadecimal digits with a number among them; a run of digits.
    [GeneratedRegex("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{8,}|[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();
}

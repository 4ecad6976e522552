using System.CommandLine;
using System.CommandLine.Parsing;
using Coordination.Shell;

namespace Coordination.Commands;

/// <summary>Options that are lengths of time.</summary>
internal static class Times
{
    private const string Form = "Write 5s, 500ms, 2m or 1h; a bare number is seconds.";

    public static Option<TimeSpan> Option(string name, string description, TimeSpan standard) => new(name)
    {
        Description = description,
        HelpName = "time",
        DefaultValueFactory = _ => standard,
        CustomParser = static result => Parse(result) ?? TimeSpan.Zero,
    };

    public static Option<TimeSpan?> Optional(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "time",
        CustomParser = static result => Parse(result),
    };

    public static Option<TimeSpan> Positive(string name, string description, TimeSpan standard)
    {
        var option = Option(name, description, standard);
        option.Validators.Add(static result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<TimeSpan>() <= TimeSpan.Zero)
            {
                result.AddError($"{result.Option.Name} must be more than zero.");
            }
        });
        return option;
    }

    private static TimeSpan? Parse(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : string.Empty;
        if (Duration.TryParse(text, out var duration))
        {
            return duration;
        }

        result.AddError($"'{text}' is no length of time. {Form}");
        return null;
    }
}

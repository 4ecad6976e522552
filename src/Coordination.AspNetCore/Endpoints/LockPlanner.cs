using System.Reflection;
using System.Text.RegularExpressions;
using Coordination.Templates;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Coordination.Endpoints;

/// <summary>Makes the plan of an endpoint out of its metadata and its method. What is wrong is collected, not thrown: the start names all faults at once.</summary>
internal static partial class LockPlanner
{
    public static LockPlan Plan(string? displayName, MethodInfo method, RoutePattern? route, IEnumerable<object> metadata)
    {
        var items = metadata.ToList();
        var requirements = items.OfType<ILockRequirement>().ToList();
        var parameters = method.GetParameters();
        var scope = new TemplateScope(parameters, [.. route?.Parameters.Select(parameter => parameter.Name) ?? []], NameOf(method, items));
        var faults = new List<string>();
        var namings = requirements.ConvertAll(requirement => Name(requirement, scope, faults));
        var (terms, answers) = (requirements[0].Terms, requirements[0].Answers);
        AddIfAny(terms.Fault ?? answers.Fault, requirements[0], faults);
        foreach (var other in requirements.Where(requirement => requirement.Terms != terms || requirement.Answers != answers))
        {
            AddIfAny($"its options differ from those of '{requirements[0].Template}'; the locks of one endpoint are taken together, so give them the same", other, faults);
        }

        if (IsLazy(method.ReturnType))
        {
            faults.Add($"{method.ReturnType.Name} is produced while it is written, after the lock is released; return a list, or take the lock inside");
        }

        var tokens = parameters.Where(parameter => parameter.ParameterType == typeof(CancellationToken)).Select(parameter => (parameter.Position, parameter.Name ?? string.Empty));
        return new LockPlan(displayName ?? method.Name, requirements, terms, answers, namings, [.. tokens], faults);
    }

    private static LockNaming Name(ILockRequirement requirement, TemplateScope scope, List<string> faults)
    {
        try
        {
            return new LockNaming(requirement.Name is null ? TemplateBinder.Bind(requirement.Template, scope) : null, requirement.Name);
        }
        catch (FormatException e)
        {
            AddIfAny(e.Message, requirement, faults);
            return new LockNaming(null, _ => null);
        }
    }

    private static void AddIfAny(string? fault, ILockRequirement requirement, List<string> faults)
    {
        if (fault is not null)
        {
            faults.Add($"lock '{requirement.Template}': {fault}");
        }
    }

    private static string? NameOf(MethodInfo method, List<object> metadata)
    {
        if (metadata.OfType<IEndpointNameMetadata>().LastOrDefault() is { } named)
        {
            return named.EndpointName;
        }

        // A local function has a name of its own inside that of the compiler; a lambda has none.
        return !method.Name.Contains('<', StringComparison.Ordinal) ? method.Name
            : LocalFunction().Match(method.Name) is { Success: true } local ? local.Groups[1].Value : null;
    }

    private static bool IsLazy(Type type)
    {
        var plain = type.IsGenericType && type.GetGenericTypeDefinition() is var definition && (definition == typeof(Task<>) || definition == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : type;
        return plain.IsGenericType && (plain.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>) || plain.GetGenericTypeDefinition() == typeof(Microsoft.AspNetCore.Http.HttpResults.ServerSentEventsResult<>));
    }

    [GeneratedRegex(@">g__(\w+)\|")]
    private static partial Regex LocalFunction();
}

using System.Reflection;

namespace Coordination.Templates;

/// <summary>What the placeholders of a template may name.</summary>
/// <param name="Parameters">The parameters of the method.</param>
/// <param name="RouteValues">The names in the route; none for a method that is no endpoint.</param>
/// <param name="FunctionName">What <c>{f_name}</c> stands for; null when the endpoint has no name.</param>
internal sealed record TemplateScope(IReadOnlyList<ParameterInfo> Parameters, IReadOnlyList<string> RouteValues, string? FunctionName)
{
    /// <summary>The placeholder for the name of the method or endpoint.</summary>
    public const string FunctionNamePlaceholder = "f_name";

    public string Known => string.Join(", ", Parameters
        .Where(parameter => parameter.ParameterType != typeof(CancellationToken))
        .Select(parameter => parameter.Name)
        .OfType<string>()
        .Concat(RouteValues)
        .Append(FunctionNamePlaceholder)
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Select(name => $"{{{name}}}"));
}

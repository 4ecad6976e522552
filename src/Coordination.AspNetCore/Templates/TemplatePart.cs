namespace Coordination.Templates;

/// <summary>One piece of a template: text as it stands, or what stands between a pair of braces.</summary>
internal readonly record struct TemplatePart(string Text, bool IsPlaceholder);

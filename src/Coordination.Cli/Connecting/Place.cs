namespace Coordination.Connecting;

/// <summary>Which group, where, and how to come in; never a text that is shown, because the url carries a password.</summary>
internal sealed record Place
{
    /// <summary>The variable that is asked first.</summary>
    public const string Variable = "COORDINATION_URL";

    /// <summary>The library's own variable, asked last.</summary>
    public const string LibraryVariable = "COORDINATION_URI";

    public const string GroupVariable = "COORDINATION_GROUP";

    /// <summary>For commands that do not ask for one: locks of nobody's application.</summary>
    public const string DefaultGroup = "coordination";

    public required string? Url { get; init; }

    public required string Group { get; init; }

    public string Schema { get; init; } = "coordination";

    public string? LockPrefix { get; init; }

    public KeyFormat KeyFormat { get; init; } = KeyFormat.Default;

    public AllowPooler AllowPooler { get; init; } = AllowPooler.None;

    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Names, in the order in which they are asked.</summary>
    public static string? UrlFrom(string? given, Func<string, string?> environment) =>
        new[] { given, environment(Variable), environment(LibraryVariable) }.FirstOrDefault(url => !string.IsNullOrWhiteSpace(url));

    /// <inheritdoc/>
    public override string ToString() => $"group {Group}";
}

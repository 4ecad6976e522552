using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Coordination.UnitTests.Hosting;

/// <summary>What editors complete in appsettings.json is what the options are.</summary>
public sealed class ConfigurationSchemaTests
{
    private static readonly JsonObject Options =
        JsonNode.Parse(File.ReadAllText(SchemaFile()))!["properties"]!["Coordination"]!["properties"]!.AsObject();

    // A callback cannot be configured.
    private static IEnumerable<PropertyInfo> Configurable =>
        typeof(CoordinationOptions).GetProperties().Where(property => property.CanWrite && !typeof(Delegate).IsAssignableFrom(property.PropertyType));

    public static TheoryData<string> Names() => [.. Configurable.Select(property => property.Name)];

    [Fact]
    public void Every_option_is_there_and_nothing_else_is() =>
        Assert.Equal(Configurable.Select(property => property.Name).Order(StringComparer.Ordinal), Options.Select(option => option.Key).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void An_option_has_its_type_its_default_and_a_description(string name)
    {
        var property = typeof(CoordinationOptions).GetProperty(name)!;
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var option = Options[name]!.AsObject();

        Assert.EndsWith(".", option["description"]!.GetValue<string>(), StringComparison.Ordinal);
        if (type.IsEnum)
        {
            Assert.Equal(Enum.GetNames(type), option["enum"]!.AsArray().Select(value => value!.GetValue<string>()));
        }
        else
        {
            Assert.Equal(JsonTypeOf(type), option["type"]!.GetValue<string>());
        }

        Assert.Equal(type == typeof(TimeSpan), name is not "Schema" && option.ContainsKey("pattern"));
        Assert.Equal(DefaultOf(property), option["default"]?.ToString());
    }

    [Fact]
    public void The_pattern_of_times_takes_what_the_binder_takes()
    {
        var pattern = new Regex(Options["LeaseTime"]!["pattern"]!.GetValue<string>());

        Assert.All(["00:00:15", "0:1", "00:00:02.5", "1.00:00:00"], text =>
        {
            Assert.Matches(pattern, text);
            Assert.True(TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out _));
        });
        Assert.All(["15", "15s", "PT15S", "-00:00:01", ""], text => Assert.DoesNotMatch(pattern, text)); // 15 would be days
    }

    private static string JsonTypeOf(Type type) =>
        type == typeof(string) || type == typeof(TimeSpan) ? "string"
        : type == typeof(bool) ? "boolean"
        : type == typeof(int) ? "integer"
        : "object";

    private static string? DefaultOf(PropertyInfo property) => property.GetValue(new CoordinationOptions()) switch
    {
        null or IDictionary<string, string> => null,
        bool value => value ? "true" : "false",
        var value => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    private static string SchemaFile([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "src", "Coordination.Hosting", "ConfigurationSchema.json"));
}

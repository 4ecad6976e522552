using System.Reflection;
using Coordination.Templates;
using Microsoft.AspNetCore.Routing;

namespace Coordination.UnitTests.Templates;

/// <summary>The names that templates make, and the templates that are refused.</summary>
public sealed class TemplateTests
{
    private static readonly Vnf Web = new("web", new Place("north"), 7);

    [Theory]
    [InlineData("order", "order")]
    [InlineData("order-{name}", "order-a b")]
    [InlineData("{f_name}-{vnf.id}", "Heal-web")]
    [InlineData("{vnf.ID}", "web")]
    [InlineData("{vnf.place.zone}", "north")]
    [InlineData("{vnf.Number}", "7")]
    [InlineData("{tenant}", "t1")]
    [InlineData("{vnf.address}", "http://here/")]
    [InlineData("{day}", "2026-01-31")]
    [InlineData("{when}", "2026-01-31T13:14:15.0000000")]
    [InlineData("{ratio}", "1.5")]
    [InlineData("{kind}", "Shared")]
    [InlineData("{{{name}}}", "{a b}")]
    [InlineData("{Name}/x", "a b/x")]
    public void A_template_makes_a_name_out_of_the_values_of_a_call(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("", "empty")]
    [InlineData("order-{", "not closed")]
    [InlineData("order-{id", "not closed")]
    [InlineData("order-}", "closes nothing")]
    [InlineData("order-{}", "no placeholder")]
    [InlineData("order-{a..b}", "no placeholder")]
    [InlineData("order-{0}", "no placeholder")]
    [InlineData("order-{idd}", "{idd} is not known; known are {vnf}, {name}")]
    [InlineData("{vnf.nothing}", "Vnf has no public property 'nothing'")]
    [InlineData("{vnf.place.nothing}", "Place has no public property 'nothing'")]
    [InlineData("{vnf.secret}", "Vnf has no public property 'secret'")]
    [InlineData("{vnf.tags}", "name a property of it")]
    [InlineData("{vnf}", "name a property of it")]
    [InlineData("{vnf.pair}", "name a property of it")]
    [InlineData("{tenant.id}", "only parameters have properties")]
    [InlineData("{name}{tenant}", "side by side")]
    [InlineData("{name}x{tenant}", "begins with 'x'")]
    [InlineData("{name}%{tenant}", "begins with '%'")]
    public void A_template_that_cannot_be_bound_is_refused_with_the_reason(string template, string reason)
    {
        var refused = Assert.Throws<FormatException>(() => Bind(template));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_of_a_function_that_has_none_is_refused()
    {
        var refused = Assert.Throws<FormatException>(() => TemplateBinder.Bind("{f_name}", Scope() with { FunctionName = null }));

        Assert.Contains("WithName", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{name}", "name")]
    [InlineData("a-{vnf.place.zone}-b", "vnf.place.zone")]
    [InlineData("{tenant}", "tenant")]
    [InlineData("{kind}-{tenant}", "tenant")]
    public void A_value_that_is_null_makes_no_name(string template, string expected)
    {
        var arguments = new LockArguments(Values(new Vnf("web", null, null), null), new RouteValueDictionary());

        Assert.Null(Bind(template).Render(arguments, out var missing));
        Assert.Equal(expected, missing);
    }

    [Theory]
    [InlineData("a-b", "c", "a", "b-c")]
    [InlineData("a%2Db", "c", "a-b", "c")]
    [InlineData("a%", "2Db", "a-", "b")]
    [InlineData("", "-", "-", "")]
    [InlineData("%2D", "", "-", "")]
    public void Different_values_never_meet_in_one_name(string name, string tenant, string otherName, string otherTenant)
    {
        Assert.NotEqual(Render("{name}-{tenant}", name, tenant), Render("{name}-{tenant}", otherName, otherTenant));
        Assert.NotEqual(Render("x.{name}--{tenant}.y", name, tenant), Render("x.{name}--{tenant}.y", otherName, otherTenant));
    }

    [Fact]
    public void No_two_pairs_out_of_many_meet_in_one_name()
    {
        char[] letters = ['a', '-', '%', '2', 'D', '5'];
        var texts = letters.Select(letter => $"{letter}").Append(string.Empty).ToList();
        texts = [.. texts.SelectMany(head => texts.Select(tail => head + tail)).SelectMany(head => letters.Select(tail => head + tail)).Append(string.Empty).Distinct()];

        var names = texts.SelectMany(name => texts.Select(tenant => Render("{name}-{tenant}", name, tenant)));

        Assert.Equal(texts.Count * texts.Count, names.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void A_value_alone_is_written_as_it_is() => Assert.Equal("order-1-2%3", Render("order-{name}", "1-2%3"));

    [Theory]
    [InlineData("order", "order")]
    [InlineData("{f_name}-{vnf.id}", "Heal-{vnf.id}")]
    [InlineData("{name}-{tenant}.", "{name}-{tenant}.")]
    public void What_is_measured_is_told_the_template_and_never_a_value(string template, string shape) => Assert.Equal(shape, Bind(template).Shape);

    [Fact]
    public void Arguments_by_name_make_the_same_name()
    {
        var named = new LockArguments(new Dictionary<string, object?> { ["vnf"] = Web }, new RouteValueDictionary());

        Assert.Equal("web", Bind("{vnf.id}").Render(named, out _));
        Assert.Null(Bind("{name}").Render(named, out var missing));
        Assert.Equal("name", missing);
    }

    [Fact]
    public void A_token_is_replaced_only_where_it_was_the_one_of_the_request()
    {
        using var request = new CancellationTokenSource();
        using var own = new CancellationTokenSource();
        using var stop = new CancellationTokenSource();
        object?[] list = [request.Token, own.Token];
        var arguments = new LockArguments(list, null);

        arguments.ReplaceToken(0, "a", request.Token, stop.Token);
        arguments.ReplaceToken(1, "b", request.Token, stop.Token);

        Assert.Equal<object?>([stop.Token, own.Token], list);
    }

    private static string? Render(string template, string? name = "a b", string? tenant = "t1") =>
        Bind(template).Render(new LockArguments(Values(Web, name), new RouteValueDictionary { ["tenant"] = tenant }), out _);

    private static object?[] Values(Vnf vnf, string? name) =>
        [vnf, name, new DateOnly(2026, 1, 31), new DateTime(2026, 1, 31, 13, 14, 15, DateTimeKind.Unspecified), 1.5, LockMode.Shared, CancellationToken.None];

    private static BoundTemplate Bind(string template) => TemplateBinder.Bind(template, Scope());

    private static TemplateScope Scope()
    {
        var method = typeof(TemplateTests).GetMethod(nameof(Heal), BindingFlags.NonPublic | BindingFlags.Static)!;
        return new TemplateScope(method.GetParameters(), ["tenant"], method.Name);
    }

    private static void Heal(Vnf vnf, string? name, DateOnly day, DateTime when, double ratio, LockMode kind, CancellationToken cancellationToken) =>
        GC.KeepAlive((vnf, name, day, when, ratio, kind, cancellationToken));

    private sealed record Vnf(string Id, Place? Place, int? Number)
    {
        public IReadOnlyList<string> Tags { get; } = [];

        public (string, string) Pair { get; }

        public Uri Address { get; } = new("http://here/");

        internal string Secret { get; } = "secret";
    }

    private sealed record Place(string Zone);
}

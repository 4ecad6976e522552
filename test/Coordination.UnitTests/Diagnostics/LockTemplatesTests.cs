using System.Globalization;
using Coordination.Diagnostics;

namespace Coordination.UnitTests.Diagnostics;

public sealed class LockTemplatesTests
{
    private readonly LockTemplates _templates = new();

    [Theory]
    [InlineData("order-17", "order-{}")]
    [InlineData("billing", "billing")]
    [InlineData("a1b2-c3", "a{}b{}-c{}")]
    [InlineData("blob-3f2504e0-4f89-11d3-9a0c-0305e82c3301/lock", "blob-{}/lock")]
    [InlineData("commit-deadbeef01", "commit-{}")]
    [InlineData("facade", "facade")]
    [InlineData("effaced", "effaced")]
    public void What_differs_from_name_to_name_is_left_out(string name, string template) => Assert.Equal(template, _templates.Of(name, given: null));

    [Fact]
    public void A_template_that_was_given_is_shown_as_it_is() => Assert.Equal("order-{id}", _templates.Of("order-17", "order-{id}"));

    [Fact]
    public void There_are_never_more_than_a_bounded_number_of_them()
    {
        var shown = Enumerable.Range(0, 10_000).Select(i => _templates.Of(Letters(i), given: null)).Distinct().ToList();

        Assert.InRange(shown.Count, 2, 300);
        Assert.Contains(LockTemplates.Other, shown);
        Assert.Equal(LockTemplates.Other, _templates.Of("n", "a template that is one too many"));

        static string Letters(int i) => string.Concat(i.ToString(CultureInfo.InvariantCulture).Select(digit => (char)('k' + (digit - '0'))));
    }
}

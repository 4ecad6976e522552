using System.Data.Common;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class KeyValueTextTests
{
    [Theory]
    [InlineData("Host=a b")]
    [InlineData("Password= 'x'' y' ;Host=a")]
    [InlineData("a=b==c")]
    [InlineData("Pass=\"a\"\"b\";x=1")]
    [InlineData("x=a'b;y=1")]
    [InlineData("x=a'")]
    [InlineData("  x  =  y  z ;;; w=1;")]
    [InlineData("a==b=c")]
    [InlineData("x=';")]
    [InlineData("x='a'b;c=1")]
    [InlineData("x='a' \t;c=1")]
    [InlineData("=x")]
    [InlineData("x")]
    [InlineData("x=1;y")]
    [InlineData("x=\"a;b=c\"")]
    [InlineData("")]
    public void It_reads_what_the_framework_reads_and_refuses_what_it_refuses(string text)
    {
        var entries = KeyValueText.Read(text)?.Select(entry => $"{entry.Name.ToLowerInvariant()}={entry.Value}").Order(StringComparer.Ordinal);

        Assert.Equal(Framework(text), entries);
    }

    [Fact]
    public void Duplicates_stay_visible()
    {
        Assert.Equal(["1", "2"], KeyValueText.Read("x=1;x=2")!.Select(entry => entry.Value));
    }

    private static IOrderedEnumerable<string>? Framework(string text)
    {
        try
        {
            var builder = new DbConnectionStringBuilder { ConnectionString = text };
            return builder.Keys.Cast<string>().Select(key => $"{key}={builder[key]}").Order(StringComparer.Ordinal);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

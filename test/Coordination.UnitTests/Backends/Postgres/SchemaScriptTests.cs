using Coordination.Backends;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class SchemaScriptTests
{
    [Fact]
    public void Scripts_are_numbered_from_1_without_a_gap() =>
        Assert.Equal(Enumerable.Range(1, SchemaScript.All.Count), SchemaScript.All.Select(script => script.Version));

    [Fact]
    public void No_script_locks_out_programs_that_know_all_scripts() =>
        Assert.All(SchemaScript.All, script => Assert.InRange(script.WorksFrom, 1, SchemaScript.All[^1].Version));

    [Fact]
    public void No_placeholder_is_left() =>
        Assert.All(SchemaScript.All, script => Assert.DoesNotContain("{schema", script.For("orders"), StringComparison.Ordinal));

    [Fact]
    public void A_schema_name_cannot_end_a_quoted_body()
    {
        var script = new SchemaScript(1, "0001_x.sql", 1, "do $$ perform nextval('{schema_in_text}.fence') from {schema}.groups $$");

        var text = script.For("a$$b'c\"d");

        Assert.StartsWith("do $x", text, StringComparison.Ordinal);
        Assert.Contains("nextval('\"a$$b''c\"\"d\".fence') from \"a$$b'c\"\"d\".groups", text, StringComparison.Ordinal);
        var tag = text[3..(text.IndexOf('$', 4) + 1)];
        Assert.Equal(3, text.Split(tag).Length); // opens and closes, and is nowhere else
    }

    [Fact]
    public void The_fence_steps_and_jumps_as_the_tokens_are_numbered()
    {
        var script = SchemaScript.All[0].Text;

        Assert.Contains($"increment by {Fence.Step} ", script, StringComparison.Ordinal);
        Assert.Contains($"1000000 * {Fence.Step}::bigint", script, StringComparison.Ordinal);
        Assert.Equal(1_000_000L * Fence.Step, Fence.Jump);
    }
}

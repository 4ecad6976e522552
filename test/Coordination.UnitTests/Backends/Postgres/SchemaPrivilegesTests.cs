using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class SchemaPrivilegesTests
{
    [Fact]
    public void Each_object_gets_one_statement_with_all_it_lacks()
    {
        var facts = new SchemaFacts
        {
            Role = "app",
            Database = "orders",
            MayUse = false,
            LacksFunctions = true,
            Lacks = ["groups INSERT", "groups UPDATE", "fence USAGE"],
        };

        Assert.Equal(
            [
                "GRANT USAGE ON SCHEMA \"coordination\" TO \"app\";",
                "GRANT INSERT, UPDATE ON TABLE \"coordination\".\"groups\" TO \"app\";",
                "GRANT USAGE ON SEQUENCE \"coordination\".\"fence\" TO \"app\";",
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA \"coordination\" TO \"app\";",
            ],
            SchemaPrivileges.Grants(facts, "coordination"));
    }

    [Fact]
    public void Who_lacks_nothing_gets_nothing_to_run() =>
        Assert.Empty(SchemaPrivileges.Grants(new SchemaFacts { Role = "app", Database = "orders", MayUse = true }, "coordination"));
}

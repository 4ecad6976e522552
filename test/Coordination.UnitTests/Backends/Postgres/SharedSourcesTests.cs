using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public class SharedSourcesTests
{
    [Fact]
    public void All_who_connect_in_the_same_manner_have_one_source_until_the_last_one_gives_it_back()
    {
        const string Ours = "Host=localhost;Port=1;Pooling=false;Application Name=SharedSourcesTests";
        var first = SharedSources.Rent(Ours);
        var second = SharedSources.Rent(Ours);
        var other = SharedSources.Rent($"{Ours};Timeout=3");
        Assert.Same(first, second);
        Assert.NotSame(first, other);

        SharedSources.Return(Ours);
        using (var connection = first.CreateConnection())
        {
            Assert.NotNull(connection); // of the one that is left
        }

        SharedSources.Return(Ours);
        Assert.Throws<ObjectDisposedException>(() => first.OpenConnection());

        var third = SharedSources.Rent(Ours);
        Assert.NotSame(first, third);
        SharedSources.Return(Ours);
        SharedSources.Return($"{Ours};Timeout=3");
    }
}

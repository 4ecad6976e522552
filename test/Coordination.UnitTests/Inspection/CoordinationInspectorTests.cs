using Coordination.UnitTests.Hosting;

namespace Coordination.UnitTests.Inspection;

public sealed class CoordinationInspectorTests
{
    private static CancellationToken Limit => TestContext.Current.CancellationToken;

    [Fact]
    public async Task However_many_look_the_group_is_read_once_a_second()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(Limit);

        for (var tenth = 0; tenth < 50; tenth++)
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => house.Runtime.Inspector.ReadAsync(Limit).AsTask()));
            house.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(5, house.Backend.Surveys);
    }

    [Fact]
    public async Task A_reading_that_failed_stands_for_a_second_too()
    {
        await using var house = new HostedHouse(); // nobody has come into the group yet

        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<CoordinationUnavailableException>(() => house.Runtime.Inspector.ReadAsync(Limit).AsTask());
        }

        Assert.Equal(1, house.Backend.Surveys);
        house.Time.Advance(TimeSpan.FromSeconds(1));
        await house.Service.StartingAsync(Limit);
        Assert.Single((await house.Runtime.Inspector.ReadAsync(Limit)).Members);
    }

    [Fact]
    public async Task Nobody_looks_and_nothing_is_read()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(Limit);

        house.Time.Advance(TimeSpan.FromSeconds(5));
        _ = house.Runtime.Inspector.Self;

        Assert.Equal(0, house.Backend.Surveys);
    }
}

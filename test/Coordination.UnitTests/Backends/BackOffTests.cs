using Coordination.Backends;

namespace Coordination.UnitTests.Backends;

public sealed class BackOffTests
{
    [Theory]
    [InlineData(0, new[] { 50, 50, 50, 50, 50, 50, 50 })]
    [InlineData(0.5, new[] { 175, 325, 625, 1225, 2425, 2525, 2525 })]
    [InlineData(1, new[] { 300, 600, 1200, 2400, 4800, 5000, 5000 })]
    public void Waits_grow_from_300_ms_to_the_bound_and_start_anywhere_from_50_ms(double random, int[] expected)
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(5), () => random);

        Assert.Equal(expected, expected.Select(_ => (int)Math.Round(backOff.Next().TotalMilliseconds)));
    }

    [Fact]
    public void Two_processes_do_not_wait_in_step()
    {
        var random = new Random(7);
        var backOff = new BackOff(TimeSpan.FromSeconds(5), random.NextDouble);

        var waits = Enumerable.Range(0, 50).Select(_ => backOff.Next()).ToList();

        Assert.Equal(waits.Count, waits.Distinct().Count());
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData(30_000, 5_000)]
    [InlineData(15_000, 5_000)]
    [InlineData(3_000, 1_000)] // three attempts fit into the grace after which others may call us dead
    [InlineData(300, 100)]
    [InlineData(90, 50)] // no storm of attempts, however short the grace
    [InlineData(0, 50)]
    public void The_bound_is_a_third_of_the_grace_and_at_most_five_seconds(int graceMilliseconds, int boundMilliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(boundMilliseconds), BackOff.BoundFor(TimeSpan.FromMilliseconds(graceMilliseconds)));

    [Fact]
    public void No_wait_is_longer_than_a_bound_below_the_first_wait()
    {
        var bound = TimeSpan.FromMilliseconds(100);
        var backOff = new BackOff(bound, () => 1);

        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(bound, backOff.Next()));
    }

    [Fact]
    public void Waits_stay_at_the_bound_however_often_it_is_asked()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(5), () => 1);

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.InRange(backOff.Next(), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)));
    }
}

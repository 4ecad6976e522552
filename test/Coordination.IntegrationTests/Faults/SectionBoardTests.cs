using Coordination.IntegrationTests.Contracts;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The board itself: it must see a fault when there is one, and none where somebody was only late.</summary>
public sealed class SectionBoardTests(TemporaryFolder folder) : IClassFixture<TemporaryFolder>, IDisposable
{
    private readonly SectionBoard _here = SectionBoard.Create(Path.Combine(folder.Path, Guid.NewGuid().ToString("N")));

    public void Dispose() => _here.Dispose();

    [Fact]
    public void Visits_one_after_the_other_are_in_order()
    {
        Visit(1);
        Visit(2);

        Assert.Equal((2, 0, string.Empty), (_here.Visits, _here.Met, _here.Faults));
    }

    [Theory]
    [InlineData(true, "token 1 was not alone: token 2 came in")]
    [InlineData(false, "")] // it was frozen, and knows that its lock is gone
    public void Two_at_once_are_a_fault_unless_the_first_has_lost_its_lock(bool isHeld, string fault)
    {
        _here.Enter(7, 1, static () => true);
        Visit(2);
        Assert.Equal(isHeld, _here.Leave(7, 1, () => isHeld));

        Assert.Equal(1, _here.Met);
        Assert.Contains(fault, _here.Faults, StringComparison.Ordinal);
        Assert.Equal(fault.Length == 0, _here.Faults.Length == 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_token_that_does_not_rise_is_a_fault_unless_its_lock_is_lost(bool isHeld)
    {
        Visit(5);
        _here.Enter(7, 5, () => isHeld);

        Assert.Equal(isHeld, _here.Faults.Length > 0);
    }

    [Fact]
    public void Whoever_comes_late_changes_nothing()
    {
        _here.Enter(7, 5, static () => true);
        _here.Enter(7, 4, static () => false);
        Assert.True(_here.Leave(7, 5, static () => true));

        Assert.Equal(string.Empty, _here.Faults);
    }

    private void Visit(long token)
    {
        _here.Enter(7, token, static () => true);
        Assert.True(_here.Leave(7, token, static () => true));
    }
}

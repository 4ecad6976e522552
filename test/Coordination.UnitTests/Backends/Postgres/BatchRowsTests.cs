using Coordination.Backends;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

/// <summary>A release and the try behind it are one row; everything else is a row of its own, and every command gets its own answer.</summary>
public sealed class BatchRowsTests
{
    private static readonly LockKey One = LockKey.Single(1);
    private static readonly LockKey Two = LockKey.Single(2);

    private readonly BatchRows _batch = new();

    [Fact]
    public void A_try_joins_the_release_that_it_was_posted_behind()
    {
        var (first, second) = (new RowCommand(One, isRelease: true), new RowCommand(Two, isRelease: true));
        Add(first, second, new RowCommand(Two, behind: second), new RowCommand(One, behind: first));

        Assert.Equal([1, 2], _batch.Keys);
        Assert.All(_batch.Operations, static operation => Assert.True(LockOperation.IsAgain(operation)));
        Assert.Equal([1, 1, 72, null], Answer(null, 72)); // both unlocked; the key of the first was taken by somebody else in between
    }

    [Fact]
    public void An_unlock_that_found_nothing_is_told_of_the_release()
    {
        var release = new RowCommand(One, isRelease: true);
        Add(release, new RowCommand(One, behind: release), new RowCommand(Two));
        _batch.DrawTogether();

        Assert.Equal([0, null, 72], Answer(LockSql.NotHeld, 1, 72));
    }

    [Fact]
    public void A_try_whose_release_went_before_is_a_row_of_its_own()
    {
        var release = new RowCommand(One, isRelease: true);
        Add(release);
        _batch.Clear();

        Add(new RowCommand(Two, isRelease: true), new RowCommand(One, behind: release)); // the release's row is another's by now

        Assert.Equal([2, 1], _batch.Keys);
        Assert.DoesNotContain(_batch.Operations, LockOperation.IsAgain);
        Assert.Equal([1, 64], Answer(1, 64));
    }

    [Fact]
    public void A_try_of_another_mode_is_a_row_of_its_own()
    {
        var release = new RowCommand(One, isRelease: true);
        Add(release, new RowCommand(One, mode: LockMode.Shared, behind: release));

        Assert.Equal([1, 1], _batch.Keys);
        Assert.DoesNotContain(_batch.Operations, LockOperation.IsAgain);
    }

    [Fact]
    public void All_that_is_granted_together_has_the_number_that_the_last_row_draws()
    {
        var release = new RowCommand(One, isRelease: true);
        Add(new RowCommand(Two, isRelease: true), release, new RowCommand(One, behind: release), new RowCommand(Two), new RowCommand(LockKey.Single(3)));
        _batch.DrawTogether();

        Assert.Equal([2, 1, 2, 3, 0], _batch.Keys);
        Assert.Equal(LockOperation.Draw, _batch.Operations[^1]);
        Assert.Equal([1, 1, 72, 72, null], Answer(1, 1, 1, null, 72));
    }

    [Fact]
    public void Releases_alone_draw_nothing()
    {
        Add(new RowCommand(Two, isRelease: true), new RowCommand(One, isRelease: true));
        _batch.DrawTogether();

        Assert.Equal([2, 1], _batch.Keys);
        Assert.Equal([1, 0], Answer(1, 0));
    }

    [Fact]
    public void What_was_drawn_for_one_statement_is_not_for_the_next()
    {
        Add(new RowCommand(Two), new RowCommand(One));
        _batch.DrawTogether();
        _batch.Clear();

        Add(new RowCommand(Two));

        Assert.Equal([64], Answer(64));
        _batch.DrawTogether();
        Assert.Equal([2, 0], _batch.Keys);
    }

    [Fact]
    public void Every_operation_has_a_case_of_its_own_in_the_statement()
    {
        var text = LockSql.Many("coordination");

        Assert.Equal(LockOperation.All.Count, LockOperation.All.Distinct().Count());
        Assert.All([.. LockOperation.All, LockOperation.Draw], operation => Assert.Contains($" when {operation} then ", text, StringComparison.Ordinal));
        foreach (var mode in Enum.GetValues<LockMode>())
        {
            foreach (var key in new[] { One, LockKey.Pair(1, 2) })
            {
                var (unlock, attempt) = (LockOperation.Of(key, mode, isRelease: true), LockOperation.Of(key, mode, isRelease: false));
                Assert.Contains(unlock, LockOperation.All);
                Assert.Contains(attempt, LockOperation.All);
                Assert.Contains(Assert.NotNull(LockOperation.Join(unlock, attempt)), LockOperation.All);
                Assert.Null(LockOperation.Join(attempt, unlock));
            }
        }
    }

    private void Add(params ReadOnlySpan<LockCommand> commands)
    {
        foreach (var command in commands)
        {
            _batch.Add(command);
        }
    }

    private List<long?> Answer(params List<long?> rows)
    {
        List<long?> results = [];
        _batch.Answer(rows, results);
        return results;
    }

    private sealed class RowCommand : LockCommand
    {
        public RowCommand(LockKey key, bool isRelease = false, LockMode mode = LockMode.Exclusive, LockCommand? behind = null) =>
            (Key, IsRelease, Mode, Behind) = (key, isRelease, mode, behind);

        public override void Complete(long? result) => throw new NotSupportedException();

        public override void Fail(CoordinationException cause) => throw new NotSupportedException();
    }
}

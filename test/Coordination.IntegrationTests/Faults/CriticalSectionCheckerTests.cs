using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The checker itself: it must see a fault when there is one, and none where somebody only died.</summary>
public sealed class CriticalSectionCheckerTests(PostgresServer server) : IAsyncLifetime
{
    private TestDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await server.CreateDatabaseAsync();
        await using var connection = await _database.OpenAsync();
        await CriticalSectionChecker.InstallAsync(connection, ["a", "b"]);
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Visits_one_after_the_other_are_in_order()
    {
        await using var here = await OpenAsync();
        await using var there = await OpenAsync();

        Assert.Null(await here.EnterAsync("a", 1));
        Assert.Null(await there.EnterAsync("b", 1));
        Assert.Null(await here.LeaveAsync("a", 1));
        Assert.Null(await there.LeaveAsync("b", 1));
        Assert.Null(await there.EnterAsync("a", 2));
        Assert.Null(await there.LeaveAsync("a", 2));
        Assert.Equal(3L, await _database.ScalarAsync<long>("select sum(visits)::bigint from checker.section"));
    }

    [Fact]
    public async Task Two_at_once_are_an_overlap_for_both()
    {
        await using var here = await OpenAsync();
        await using var there = await OpenAsync();
        Assert.Null(await here.EnterAsync("a", 1));

        var second = await there.EnterAsync("a", 2);
        var first = await here.LeaveAsync("a", 1);

        Assert.Equal("confirmed", await there.ConfirmAsync(Assert.NotNull(second)));
        Assert.Equal("confirmed", await here.ConfirmAsync(Assert.NotNull(first)));
    }

    [Fact]
    public async Task A_visit_inside_another_visit_is_an_overlap_even_when_it_is_over()
    {
        await using var here = await OpenAsync();
        await using var there = await OpenAsync();
        await here.EnterAsync("a", 1);
        await there.EnterAsync("a", 2);
        await there.LeaveAsync("a", 2);

        Assert.Equal("confirmed", await here.ConfirmAsync(Assert.NotNull(await here.LeaveAsync("a", 1))));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public async Task A_token_that_does_not_rise_is_a_fault(long token)
    {
        await using var here = await OpenAsync();
        await here.EnterAsync("a", 5);
        await here.LeaveAsync("a", 5);

        Assert.Equal("confirmed", await here.ConfirmAsync(Assert.NotNull(await here.EnterAsync("a", token))));
    }

    [Theory]
    [InlineData(true, true, "confirmed")]
    [InlineData(true, false, "fenced")]
    [InlineData(false, false, "confirmed")]
    public async Task An_old_token_is_excused_only_where_the_lock_is_gone_and_a_reason_was_given(bool isExcused, bool isStillHeld, string verdict)
    {
        await using var here = await OpenAsync();
        await here.EnterAsync("a", 5);
        await here.LeaveAsync("a", 5);
        if (isExcused)
        {
            await _database.Address.ExecuteAsync("insert into checker.excuse (app, until) values ('coordination-tests', clock_timestamp() + interval '1 minute')");
        }

        Assert.Equal(verdict, await here.ConfirmAsync(Assert.NotNull(await here.EnterAsync("a", 4)), isStillHeld));
    }

    [Fact]
    public async Task A_dead_holder_is_no_overlap()
    {
        await using var here = await OpenAsync();
        var dead = await OpenAsync();
        await dead.EnterAsync("a", 1);
        await dead.DisposeAsync();

        Assert.Equal("the other was dead", await here.ConfirmAsync(Assert.NotNull(await here.EnterAsync("a", 2))));
        Assert.Null(await here.LeaveAsync("a", 2));
    }

    [Fact]
    public async Task A_dead_process_that_is_heard_late_is_no_overlap()
    {
        await using var here = await OpenAsync();
        await here.EnterAsync("a", 2);
        var dead = await OpenAsync();
        Assert.NotNull(await dead.EnterAsync("a", 1));
        await dead.DisposeAsync();

        Assert.Equal("the other was dead", await here.ConfirmAsync(Assert.NotNull(await here.LeaveAsync("a", 2))));
        Assert.Equal(0L, await _database.ScalarAsync<long>("select count(*) from checker.fault where verdict = 'confirmed'"));
    }

    private Task<CriticalSectionChecker> OpenAsync() => CriticalSectionChecker.OpenAsync(_database.Address.ConnectionString);
}

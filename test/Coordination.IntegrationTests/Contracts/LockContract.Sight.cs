namespace Coordination.IntegrationTests.Contracts;

/// <summary>Who holds what, and waits that can never end.</summary>
public abstract partial class LockContract
{
    [Fact(Timeout = Limit)]
    public async Task A_look_names_the_holder_and_counts_who_waits()
    {
        var (here, there) = (await StartAsync("here"), await StartAsync("there"));
        Assert.Equal(new LockStatus(IsHeld: false, Holder: null, Since: null, Waiters: 0), await there.Locks.InspectAsync("n", Ending));

        await using var held = await here.Locks.AcquireAsync("n", cancellationToken: Ending);
        Assert.Equal((true, "here"), await LookAsync(there));
        Assert.Equal((true, "here"), await LookAsync(here));
        var waiting = Apart(() => there.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());

        // Since when it is held is shown when it has been for a second, and a waiter is seen when it stands in the server's line.
        LockStatus status;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ending);
            status = await there.Locks.InspectAsync("n", Ending);
        }
        while (status is not { Since: not null, Waiters: 1 });

        await held.DisposeAsync();
        await using var next = await waiting;
        Assert.Equal((true, "there"), await LookAsync(here));

        static async Task<(bool, string?)> LookAsync(Replica replica)
        {
            var seen = await replica.Locks.InspectAsync("n", Ending);
            return (seen.IsHeld, seen.Holder);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_timeout_names_the_member_that_holds_the_lock()
    {
        var (here, there) = (await StartAsync("here"), await StartAsync("there"));
        await using var held = await here.Locks.AcquireAsync("n", cancellationToken: Ending);

        foreach (var replica in new[] { here, there })
        {
            LockTimeoutException error;
            do
            {
                error = await Assert.ThrowsAsync<LockTimeoutException>(() => Apart(() =>
                    replica.Locks.AcquireAsync("n", new LockRequest { Timeout = TimeSpan.FromMilliseconds(100) }, Ending).AsTask()));
            }
            while (error.Holder is null); // the look for it has a quarter of a second

            Assert.Equal("here", error.Holder);
            Assert.Contains("member 'here' holds it", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_flows_that_wait_for_each_other_lose_one_wait_and_the_other_goes_on(bool sameProcess)
    {
        var here = await StartAsync("here");
        var there = sameProcess ? here : await StartAsync("there");
        var (hasA, hasB) = (NewSignal(), NewSignal());

        var one = CrossAsync(here, "a", hasA, "b", hasB);
        var two = CrossAsync(there, "b", hasB, "a", hasA);
        var outcomes = await Task.WhenAll(one, two);

        Assert.Single(outcomes, outcome => outcome is null);
        var error = Assert.Single(outcomes.OfType<LockDeadlockException>());
        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'b'", error.Message, StringComparison.Ordinal);

        static Task<LockDeadlockException?> CrossAsync(Replica replica, string first, TaskCompletionSource hasFirst, string second, TaskCompletionSource otherHas) => Apart(async () =>
        {
            await using var outer = await replica.Locks.AcquireAsync(first, cancellationToken: Ending);
            hasFirst.SetResult();
            await otherHas.Task;
            try
            {
                await using var inner = await replica.Locks.AcquireAsync(second, cancellationToken: Ending);
                return null;
            }
            catch (LockDeadlockException e)
            {
                return e;
            }
        });
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

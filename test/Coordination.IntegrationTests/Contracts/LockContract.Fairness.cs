using System.Collections.Concurrent;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>Nobody waits for ever behind a busy process.</summary>
public abstract partial class LockContract
{
    /// <summary>As docs/guarantees.md says: a process passes a lock on among its own callers for at most 64 grants.</summary>
    private const int MostGrantsInARow = 64;

    [Fact(Timeout = Limit)]
    public async Task The_last_of_three_processes_in_line_waits_for_at_most_twice_64_grants_to_others()
    {
        const int Attempts = 3;
        var (first, second, last) = (await StartAsync("first"), await StartAsync("second"), await StartAsync("last"));

        // Where a wait is made of slices, somebody who asks between two of them may come first: the machine decides how long that instant is.
        IReadOnlyCollection<int> before = [];
        for (var attempt = 0; attempt < Attempts && (attempt == 0 || before.Any(static grants => grants > MostGrantsInARow)); attempt++)
        {
            before = await GrantsBeforeTheLastAsync(first, second, last, $"n-{attempt}");
        }

        Assert.All(before, static grants => Assert.InRange(grants, 1, MostGrantsInARow));
    }

    [Theory(Timeout = Limit)]
    [InlineData(LockMode.Exclusive)]
    [InlineData(LockMode.Shared)]
    public async Task A_loop_with_posted_releases_really_lets_go_each_time(LockMode mode)
    {
        const int Visits = 5;
        var (looping, other) = (await StartAsync(options => options.PostReleases = true), await StartAsync());
        using var enough = new CancellationTokenSource();
        var loop = Apart(async () =>
        {
            var last = 0L;
            while (!enough.IsCancellationRequested)
            {
                await using var held = await looping.Locks.AcquireAsync("n", new LockRequest { Mode = mode }, Ending);
                Assert.True(held.Token.Value > last, $"Token {held.Token} came after {last}.");
                last = held.Token.Value;
            }
        });

        // Whoever waits is served by the release, although the next try came along with it.
        for (var i = 0; i < Visits; i++)
        {
            await using var visit = await other.Locks.AcquireAsync("n", cancellationToken: Ending);
        }

        await enough.CancelAsync();
        await loop;
        var mine = await looping.Locks.AcquireAsync("n", new LockRequest { Mode = mode }, Ending);
        await mine.ReleaseAsync(Ending); // all that was posted before is done now
        await using var free = await other.Locks.TryAcquireAsync("n", cancellationToken: Ending);
        Assert.NotNull(free);
    }

    /// <summary>How many grants each of the processes before it had, while the last one of three stood in line.</summary>
    private async Task<IReadOnlyCollection<int>> GrantsBeforeTheLastAsync(Replica first, Replica second, Replica last, string name)
    {
        const int Crowd = 200;
        ConcurrentBag<(string Process, long Token)> grants = [];
        var held = await Apart(() => first.Locks.AcquireAsync(name, cancellationToken: Ending).AsTask());
        List<Task> visits = [VisitAsync(second, "second")];
        await WaitInLineAsync(1);
        visits.Add(VisitAsync(last, "last"));
        await WaitInLineAsync(2);

        // Places among the callers of a process are taken by the call itself.
        visits.AddRange(Enumerable.Range(0, Crowd).SelectMany(_ => new[] { VisitAsync(first, "first"), VisitAsync(second, "second") }));
        await held.DisposeAsync();
        await Task.WhenAll(visits);

        Assert.Equal((2 * Crowd) + 2, grants.Count);
        return [.. grants.OrderBy(static grant => grant.Token).TakeWhile(static grant => grant.Process != "last").CountBy(static grant => grant.Process).Select(static pair => pair.Value)];

        Task VisitAsync(Replica replica, string process) => Apart(async () =>
        {
            await using var visit = await replica.Locks.AcquireAsync(name, cancellationToken: Ending);
            grants.Add((process, visit.Token.Value));
        });

        async Task WaitInLineAsync(int processes)
        {
            while ((await first.Locks.InspectAsync(name, Ending)).Waiters < processes)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Ending);
            }
        }
    }
}

namespace Coordination.IntegrationTests.Contracts;

/// <summary>What a lock promises, on every backend and through the public interface only. The names, read in a row, are the specification.</summary>
public abstract partial class LockContract : Contract
{
    private static readonly LockRequest Shared = new() { Mode = LockMode.Shared };

    [Fact(Timeout = Limit)]
    public async Task A_name_has_one_holder_in_the_whole_group()
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        await using var held = await here.Locks.TryAcquireAsync("invoice-7", cancellationToken: Ending);

        Assert.NotNull(held);
        Assert.True(held.IsHeld);
        Assert.Equal("invoice-7", held.Name.Value);
        Assert.Null(await there.Locks.TryAcquireAsync("invoice-7", cancellationToken: Ending));
        Assert.Null(await Apart(() => here.Locks.TryAcquireAsync("invoice-7", cancellationToken: Ending).AsTask()));
    }

    [Fact(Timeout = Limit)]
    public async Task Other_names_are_free_and_names_differ_by_case()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        await using var held = await here.Locks.AcquireAsync("invoice-7", cancellationToken: Ending);

        await using var other = await there.Locks.TryAcquireAsync("invoice-8", cancellationToken: Ending);
        await using var upper = await there.Locks.TryAcquireAsync("Invoice-7", cancellationToken: Ending);

        Assert.NotNull(other);
        Assert.NotNull(upper);
    }

    [Theory(Timeout = Limit)]
    [InlineData(" ")]
    [InlineData("'; drop table locks; --")]
    [InlineData("%_\\\"$1")]
    [InlineData("naïve 🔒 \u0000 name")]
    public async Task Any_text_is_a_name(string name)
    {
        var (here, there) = (await StartAsync(), await StartAsync());

        await using var held = await here.Locks.TryAcquireAsync(name, cancellationToken: Ending);

        Assert.Equal(name, held?.Name.Value);
        Assert.Null(await there.Locks.TryAcquireAsync(name, cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_longest_name_is_a_name()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var prefix = new string('n', LockName.MaxBytes - 1);

        await using var one = await here.Locks.TryAcquireAsync(prefix + "1", cancellationToken: Ending);
        await using var two = await there.Locks.TryAcquireAsync(prefix + "2", cancellationToken: Ending);

        Assert.NotNull(one);
        Assert.NotNull(two);
    }

    [Fact(Timeout = Limit)]
    public async Task The_default_name_is_refused_before_anything_is_asked()
    {
        var unstarted = Build();

        await Assert.ThrowsAnyAsync<ArgumentException>(() => unstarted.Locks.AcquireAsync(default, cancellationToken: Ending).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => unstarted.Locks.TryAcquireAsync(default, cancellationToken: Ending).AsTask());
    }

    [Fact(Timeout = Limit)]
    public async Task Tokens_rise_over_releases_processes_and_new_incarnations()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var tokens = new List<FencingToken>();
        for (var round = 0; round < 3; round++)
        {
            tokens.Add(await TakeAsync(here));
            tokens.Add(await TakeAsync(there));
        }

        await here.StopAsync();
        tokens.Add(await TakeAsync(there));
        var next = await StartAsync();
        tokens.Add(await TakeAsync(next));
        await next.Group.LeaveAsync(Ending);
        await next.Group.JoinAsync(Ending);
        tokens.Add(await TakeAsync(next));
        tokens.Add(await TakeAsync(there));

        Assert.Equal(tokens.Distinct().Order(), tokens);

        async Task<FencingToken> TakeAsync(Replica replica)
        {
            await using var held = await replica.Locks.AcquireAsync("n", cancellationToken: Ending);
            return held.Token;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task The_same_prefix_excludes_across_groups_and_another_does_not()
    {
        var orders = await StartAsync(options => options.LockPrefix = $"{GroupName}/shared.");
        var bills = await StartAsync(options =>
        {
            options.Group = $"bills of {GroupName}";
            options.LockPrefix = $"{GroupName}/shared.";
        });
        var alien = await StartAsync(options => options.Group = $"aliens of {GroupName}");

        await using var held = await orders.Locks.AcquireAsync("customer-1", cancellationToken: Ending);
        await using var other = await alien.Locks.TryAcquireAsync("customer-1", cancellationToken: Ending);

        Assert.Null(await bills.Locks.TryAcquireAsync("customer-1", cancellationToken: Ending));
        Assert.NotNull(other);
    }

    [Fact(Timeout = Limit)]
    public async Task Two_hundred_names_are_held_at_once_and_all_are_free_afterwards()
    {
        var (here, there) = (await StartAsync(), await StartAsync());
        var names = Enumerable.Range(0, 200).Select(i => $"order-{i}").ToArray();

        var held = await TryAllAsync(here);
        Assert.DoesNotContain(null, held);
        Assert.All(await TryAllAsync(there), Assert.Null);
        await Task.WhenAll(held.Select(handle => handle!.DisposeAsync().AsTask()));

        Assert.DoesNotContain(null, await TryAllAsync(there));

        Task<ILockHandle?[]> TryAllAsync(Replica replica) =>
            Task.WhenAll(names.Select(name => replica.Locks.TryAcquireAsync(name, cancellationToken: Ending).AsTask()));
    }

    [Fact(Timeout = Limit)]
    public async Task Sixty_four_flows_of_two_processes_never_overlap_and_their_tokens_rise()
    {
        var replicas = new[] { await StartAsync(), await StartAsync() };
        var (inside, overlaps) = (0, 0);
        var tokens = new List<FencingToken>(); // no lock around it: the lock under test is its lock
        await Task.WhenAll(Enumerable.Range(0, 64).Select(flow => Apart(async () =>
        {
            for (var round = 0; round < 5; round++)
            {
                await using var held = await replicas[flow % 2].Locks.AcquireAsync("counter", cancellationToken: Ending);
                overlaps += Interlocked.Increment(ref inside) - 1;
                await Task.Yield();
                tokens.Add(held.Token);
                Interlocked.Decrement(ref inside);
            }
        })));

        Assert.Equal(0, overlaps);
        Assert.Equal(320, tokens.Count);
        Assert.Equal(tokens.Distinct().Order(), tokens);
    }

    [Fact(Timeout = Limit)]
    public async Task Before_the_start_and_after_the_stop_the_error_says_which()
    {
        var replica = Build();
        var before = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => replica.Locks.AcquireAsync("n", cancellationToken: Ending).AsTask());
        await replica.StartAsync();
        await using (await replica.Locks.AcquireAsync("n", cancellationToken: Ending))
        {
        }

        await replica.StopAsync();
        var after = await Assert.ThrowsAsync<CoordinationUnavailableException>(() => replica.Locks.TryAcquireAsync("n", cancellationToken: Ending).AsTask());

        Assert.Contains("has not started", before.Message, StringComparison.Ordinal);
        Assert.Matches("stopp|has left", after.Message);
    }
}

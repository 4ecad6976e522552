using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.UnitTests.Hosting;

/// <summary>The backend for users' tests: what each of its faults does to a member, and that time alone does nothing to anybody.</summary>
public sealed class CoordinationTestServerTests : IDisposable
{
    private const int Limit = 60_000; // for a hang

    private readonly CoordinationTestServer _server = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact(Timeout = Limit)]
    public async Task However_far_the_clock_is_moved_nobody_loses_a_lease()
    {
        using var here = await StartAsync("here");
        using var there = await StartAsync("there");
        await using var held = await Locks(here).AcquireAsync("order-7", cancellationToken: Ending);
        await SeesAsync(here, view => view.Members.Count == 2);
        var before = Group(here).Current;

        _server.Advance(TimeSpan.FromMinutes(10)); // sixty leases in one step
        _server.Advance(TimeSpan.FromSeconds(9.5));

        Assert.False(held.Lost.IsCancellationRequested);
        Assert.Equal(MembershipState.Joined, Group(here).State);
        Assert.Equal(before.Members.Select(member => (member.Id, member.Number)), Group(here).Current.Members.Select(member => (member.Id, member.Number)));
        Assert.Null(await Locks(there).TryAcquireAsync("order-7", cancellationToken: Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_timeout_waits_for_the_clock()
    {
        using var here = await StartAsync("here");
        using var there = await StartAsync("there");
        await using var held = await Locks(here).AcquireAsync("order-7", cancellationToken: Ending);

        var waiting = Locks(there).AcquireAsync("order-7", new() { Timeout = TimeSpan.FromSeconds(5) }, Ending).AsTask();
        _server.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(waiting.IsCompleted);
        _server.Advance(TimeSpan.FromSeconds(0.1));

        await Assert.ThrowsAsync<LockTimeoutException>(() => waiting);
    }

    [Fact(Timeout = Limit)]
    public async Task A_silenced_member_believes_for_nine_tenths_of_its_lease_and_keeps_its_locks_so_long()
    {
        using var here = await StartAsync("here");
        using var there = await StartAsync("there");
        await using var held = await Locks(here).AcquireAsync("order-7", cancellationToken: Ending);
        var lost = Fired(held.Lost);

        _server.Silence("here");
        _server.Advance(TimeSpan.FromSeconds(8.9));
        Assert.False(held.Lost.IsCancellationRequested);
        Assert.Null(await Locks(there).TryAcquireAsync("order-7", cancellationToken: Ending));
        _server.Advance(TimeSpan.FromSeconds(0.1));

        await lost;
        await using var next = await Locks(there).AcquireAsync("order-7", cancellationToken: Ending);
        Assert.True(next.Token.Value > held.Token.Value);
    }

    [Fact(Timeout = Limit)]
    public async Task A_killed_member_is_gone_for_the_others_while_its_host_knows_nothing()
    {
        using var here = await StartAsync("here");
        using var there = await StartAsync("there");
        await using var held = await Locks(here).AcquireAsync("order-7", cancellationToken: Ending);
        await SeesAsync(there, view => view.Members.Count == 2);
        var lost = Fired(held.Lost);

        _server.Kill("here");

        await using var next = await Locks(there).AcquireAsync("order-7", cancellationToken: Ending);
        await SeesAsync(there, view => view.Members.All(member => member.Id != "here"));
        Assert.False(held.Lost.IsCancellationRequested);
        _server.Advance(TimeSpan.FromSeconds(9));
        await lost;
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("HERE")]
    public async Task Whoever_is_not_connected_is_named_with_the_server(string id)
    {
        using var here = await StartAsync("here");

        Assert.All<Action<string>>([_server.Kill, _server.Silence, _server.LoseLocks], fault =>
        {
            var message = Assert.Throws<ArgumentException>(() => fault(id)).Message;
            Assert.Contains($"'{id}'", message, StringComparison.Ordinal);
            Assert.Contains(_server.Url, message, StringComparison.Ordinal);
        });
        Assert.Throws<ArgumentOutOfRangeException>(() => _server.Advance(TimeSpan.FromTicks(-1)));
    }

    private static ILockProvider Locks(IHost host) => host.Services.GetRequiredService<ILockProvider>();

    private static IGroupMembership Group(IHost host) => host.Services.GetRequiredService<IGroupMembership>();

    private static Task Fired(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(fired.SetResult);
        return fired.Task;
    }

    private static async Task SeesAsync(IHost host, Func<GroupView, bool> what)
    {
        await foreach (var view in Group(host).WatchAsync(Ending))
        {
            if (what(view))
            {
                return;
            }
        }
    }

    private async Task<IHost> StartAsync(string id)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.AddCoordination(configure: options => (options.Group, options.MemberId) = ("payments", id));
        _server.Configure(builder.Services);
        var host = builder.Build();
        await host.StartAsync(Ending);
        return host;
    }
}

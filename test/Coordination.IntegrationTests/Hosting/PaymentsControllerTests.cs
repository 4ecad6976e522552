using System.Net;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>The tests of docs/testing.md, as they stand there; and what it says beside them.</summary>
public sealed class PaymentsControllerTests : IDisposable
{
    private readonly CoordinationTestServer _server = new();
    private readonly SlowBank _bank = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task An_order_is_paid_by_one_replica_at_a_time()
    {
        await using var here = Replica("here");
        await using var there = Replica("there");

        var paying = here.CreateClient().PostAsync("/payments/7", content: null, Ending);
        await _bank.Asked;
        var refused = await there.CreateClient().PostAsync("/payments/7", content: null, Ending);
        _bank.Open();

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await paying).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_payment_ends_when_its_lock_is_lost_and_another_replica_goes_on()
    {
        await using var here = Replica("here");
        await using var there = Replica("there");

        var paying = here.CreateClient().PostAsync("/payments/7", content: null, Ending);
        await _bank.Asked;
        using var client = there.CreateClient();
        _server.Silence("here");                       // the network swallows what it sends
        _server.Advance(TimeSpan.FromSeconds(9));      // nine tenths of its lease: it stops believing

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await paying).StatusCode);      // lock-lost
        _bank.Open();
        HttpStatusCode next;
        do
        {
            next = (await client.PostAsync("/payments/7", content: null, Ending)).StatusCode;
        }
        while (next is HttpStatusCode.Conflict);       // the lock is free when all of "here" has been told
        Assert.Equal(HttpStatusCode.NoContent, next);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_lock_of_a_killed_replica_is_free_at_once()
    {
        await using var here = Replica("here");
        await using var there = Replica("there");

        _ = here.CreateClient().PostAsync("/payments/7", content: null, Ending);
        await _bank.Asked;
        using var client = there.CreateClient();
        _server.Kill("here");
        _bank.Open();

        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync("/payments/7", content: null, Ending)).StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Locks_are_lost_at_once_when_the_session_ends_and_the_member_comes_back()
    {
        await using var here = Replica("here");
        _ = here.CreateClient();
        var held = await here.Services.GetRequiredService<ILockProvider>().AcquireAsync("order-7", cancellationToken: Ending);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = held.Lost.Register(lost.SetResult);

        _server.LoseLocks("here");

        await lost.Task.WaitAsync(Ending);
        var group = here.Services.GetRequiredService<IGroupMembership>();
        await Eventually.BecomesTrueAsync(
            () =>
            {
                _server.Advance(TimeSpan.FromMilliseconds(100)); // it tries again and again, by its clock
                return Task.FromResult(group.State is MembershipState.Joined);
            },
            "the member is back");
        Assert.Equal(1, group.Self!.Number);
        await held.DisposeAsync();
    }

    [Fact]
    public void Nobody_can_be_killed_who_is_not_there() =>
        Assert.Contains("'nobody'", Assert.Throws<ArgumentException>(() => _server.Kill("nobody")).Message, StringComparison.Ordinal);

    private WebApplicationFactory<FactoryProgram> Replica(string id) => new WebApplicationFactory<FactoryProgram>().WithWebHostBuilder(web => web
        .UseContentRoot(AppContext.BaseDirectory)
        .UseSetting("Coordination:Group", "payments")
        .UseSetting("Coordination:MemberId", id)
        .ConfigureTestServices(services =>
        {
            _server.Configure(services);
            services.AddSingleton<IBank>(_bank);
        }));
}

using Coordination.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Coordination.UnitTests.Hosting;

public sealed class CoordinationHealthCheckTests
{
    private static readonly string[] Keys =
    [
        "backend", "group", "isLeader", "lastHeartbeatAgeSeconds", "leader", "leaseRemainingSeconds", "lockWaiters", "locksHeld", "locksMost",
        "memberCount", "memberId", "members", "reconnects", "sessionPid", "state", "view",
    ];

    [Fact]
    public async Task Before_the_start_it_is_unhealthy_and_has_all_its_data()
    {
        await using var house = new HostedHouse();

        var result = await CheckAsync(house);

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Contains("Not started", result.Description, StringComparison.Ordinal);
        Assert.Equal(Keys, result.Data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("Joining", result.Data["state"]);
    }

    [Fact]
    public async Task A_member_is_healthy_and_shows_the_group_and_its_lease()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);
        await using var held = await house.Runtime.Locks.AcquireAsync("a", cancellationToken: HostedHouse.Limit);
        house.Time.Advance(TimeSpan.FromSeconds(1));

        var data = (await CheckAsync(house)).Data;

        Assert.Equal(Keys, data.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(house.Backend.Description, data["backend"]);
        Assert.Equal(("orders", "me", "Joined"), (data["group"], data["memberId"], data["state"]));
        Assert.Equal(["me"], Assert.IsType<string[]>(data["members"]));
        Assert.Equal((1, "me", true), (data["memberCount"], data["leader"], data["isLeader"]));
        Assert.Equal((1, 0, 0), (data["locksHeld"], data["lockWaiters"], data["reconnects"]));
        Assert.Equal(house.Runtime.Membership.Current.Number.ToString(), data["view"]);
        Assert.InRange(Assert.IsType<double>(data["leaseRemainingSeconds"]), 1, 9);
        Assert.InRange(Assert.IsType<double>(data["lastHeartbeatAgeSeconds"]), 0, 1);
        Assert.NotEqual(0, data["sessionPid"]);
    }

    [Fact]
    public async Task Silence_degrades_and_then_fails_it_without_anything_of_ours_running()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);
        house.Backend.Server.Silence("me");
        house.Backend.Gate = limit => Task.Delay(Timeout.InfiniteTimeSpan, house.Time, limit); // nor is there another way to the server

        house.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(house)).Status);

        house.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(house)).Status);
    }

    [Fact]
    public async Task A_stopping_member_is_not_ready()
    {
        await using var house = new HostedHouse();
        await house.Service.StartingAsync(HostedHouse.Limit);

        await house.Service.StoppingAsync(HostedHouse.Limit);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(house)).Status);

        await house.Service.StoppedAsync(HostedHouse.Limit);
        Assert.Equal(HealthStatus.Unhealthy, (await CheckAsync(house)).Status);
    }

    [Fact]
    public async Task Too_few_members_degrade_it()
    {
        await using var house = new HostedHouse(o => o.MinimumMembers = 2);
        await house.Service.StartingAsync(HostedHouse.Limit);

        var result = await CheckAsync(house);

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Contains("MinimumMembers = 2", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_reported_as_the_registration_wants_it()
    {
        await using var house = new HostedHouse();

        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(house, HealthStatus.Degraded)).Status);
    }

    private static Task<HealthCheckResult> CheckAsync(HostedHouse house, HealthStatus? failureStatus = null)
    {
        var check = new CoordinationHealthCheck(house.Runtime);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("coordination", check, failureStatus, tags: null) };
        return check.CheckHealthAsync(context, HostedHouse.Limit);
    }
}

using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace Coordination.IntegrationTests.Dashboard;

/// <summary>What the page shows when things go wrong: a killed process, an ended session, on PostgreSQL.</summary>
public sealed class DashboardDeathTests(PostgresServer server, Chromium chromium) : ReplicaScenario(server), IClassFixture<Chromium>
{
    private const int Limit = 120_000; // for a hang

    [Fact(Timeout = Limit)]
    public async Task A_killed_member_goes_from_the_page_with_its_locks_and_its_death_has_a_reason_and_a_judge()
    {
        var web = await StartWebAsync();
        var victim = await StartAsync(("MemberId", "victim"));
        await AcquireAsync(victim, "work", "held");
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination/"));
        var page = browser.Page;
        await Shows(page.Locator("#members tbody"), "victim");
        await Shows(page.Locator("#held tbody"), "work");

        await victim.SignalAsync("KILL");

        var death = page.Locator("#history tbody tr", new PageLocatorOptions { HasText = "died" });
        await Shows(death, "victim");
        await Shows(death, "page"); // the judge
        await Assertions.Expect(page.Locator("#members tbody tr")).ToHaveCountAsync(1);
        await Shows(page.Locator("#held .none"), "No lock");
        await Shows(page.Locator("#news"), "victim died");
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = Limit)]
    public async Task A_lock_that_the_own_process_lost_is_in_the_history_and_the_page_lives_on()
    {
        var web = await StartWebAsync();
        await using var held = await web.Locks.AcquireAsync("vnf-7", cancellationToken: TestContext.Current.CancellationToken);
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination/"));
        await Shows(browser.Page.Locator("#held tbody"), "vnf-7");

        await Database.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'coordination/replicas/page'");

        await Shows(browser.Page.Locator("#history tbody tr", new PageLocatorOptions { HasText = "lost a lock" }), "vnf-7");
        await Shows(browser.Page.Locator("#state"), "joined");
        await Assertions.Expect(browser.Page.Locator("#error")).ToBeHiddenAsync();
        Assert.Empty(browser.Complaints);
    }

    private static Task Shows(ILocator place, string text) => Assertions.Expect(place).ToContainTextAsync(text);

    private async Task<WebReplica> StartWebAsync() => Own(await WebReplica.StartAsync(
        Database.Url, app => app.MapCoordinationDashboard(), options: options => (options.Group, options.MemberId, options.LeaseTime) = ("replicas", "page", Lease)));
}

using Coordination.IntegrationTests.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Dashboard;

/// <summary>The page in a real browser.</summary>
public sealed class DashboardPageTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const int Limit = 300_000; // for a hang

    private readonly string _url = $"memory://page-{Guid.NewGuid():N}";
    private readonly List<Replica> _others = [];

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var other in _others)
        {
            await other.DisposeAsync();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task It_shows_the_group_and_a_member_that_goes_without_a_complaint()
    {
        await using var web = await StartAsync();
        var other = await JoinAsync("pod-1");
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination"));
        var page = browser.Page;
        await Shows(page.Locator("#group"), "orders");
        await Shows(page.Locator("#live"), "live");
        await Shows(page.Locator("#leader"), "pod-0");
        await Shows(page.Locator("#members tbody tr").Nth(1), "pod-1");

        var held = await other.Locks.AcquireAsync("vnf-7", new LockRequest { Reason = "healing" }, Ending);
        await Shows(page.Locator("#held tbody"), "vnf-7");
        await Shows(page.Locator("#held tbody"), held.Token.ToString());
        await other.DisposeAsync();
        _others.Clear();

        await Shows(page.Locator("#history tbody tr").First, "left");
        await Assertions.Expect(page.Locator("#members tbody tr")).ToHaveCountAsync(1);
        await Shows(page.Locator("#held .none"), "No lock");
        await Shows(page.Locator("#news"), "pod-1 left");
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = Limit)]
    public async Task It_can_be_read_aloud_and_used_without_a_mouse()
    {
        await using var web = await StartAsync();
        var other = await JoinAsync("pod-1");
        await using var held = await other.Locks.AcquireAsync("vnf-7", cancellationToken: Ending);
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination/"));
        var page = browser.Page;
        await Shows(page.Locator("#held tbody"), "vnf-7");

        // What a screen reader is told: the browser's tree of roles and names.
        await Assertions.Expect(page.Locator("body")).ToMatchAriaSnapshotAsync(
            """
            - banner:
              - heading "orders" [level=1]
              - status: live
            - searchbox "Filter"
            - navigation "Sections"
            - main:
              - region "Members":
                - heading "Members" [level=2]
                - region "Members":
                  - table "Members":
                    - rowgroup:
                      - row:
                        - columnheader "Member"
                        - columnheader "Status"
                        - columnheader "Heartbeat"
                    - rowgroup:
                      - row /pod-0/
                      - row /pod-1/
              - region "Held locks":
                - region "Held locks":
                  - table "Held locks":
                    - rowgroup
                    - rowgroup:
                      - row /vnf-7 pod-1/
              - region "Waiters":
                - paragraph: Nobody has waited for longer than a second.
              - region "History":
                - region "History":
                  - table "History"
            """);

        // Every stop of the tabulator is seen to be one, and all that a mouse could press is among them.
        List<string> stops = [];
        while (stops.Count < 100)
        {
            await page.Keyboard.PressAsync("Tab");
            var stop = await page.EvaluateAsync<string[]>(
                "() => [document.activeElement.tagName, document.activeElement.getAttribute('href') ?? document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]");
            if (stop[0] == "BODY")
            {
                break;
            }

            Assert.NotEqual("none", stop[2]);
            stops.Add(stop[1]);
        }

        Assert.Equal("#members", stops[0]); // past what is the same on every look
        Assert.Superset(new HashSet<string> { "filter", "#held", "#history", "api/state" }, stops.ToHashSet());
    }

    [Fact(Timeout = Limit)]
    public async Task It_works_under_a_path_base()
    {
        await using var web = await StartAsync(app => app.UsePathBase("/apps/orders").UseRouting());
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/apps/orders/coordination"));

        await Shows(browser.Page.Locator("#live"), "live");
        await Shows(browser.Page.Locator("#members tbody tr"), "pod-0");

        Assert.EndsWith("/apps/orders/coordination/", browser.Page.Url, StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = Limit)]
    public async Task Names_of_others_are_text_and_never_markup()
    {
        await using var web = await StartAsync();
        const string name = "<img src=x onerror=alert(1)>";
        await using var held = await web.Locks.AcquireAsync(name, new LockRequest { Reason = "</td><script>alert(2)</script>" }, Ending);
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination/"));

        await Shows(browser.Page.Locator("#held tbody"), name);

        Assert.Equal(0, await browser.Page.Locator("#held img, #held script").CountAsync());
        Assert.Empty(browser.Complaints);
    }

    [Fact(Timeout = Limit)]
    public async Task Two_hundred_members_and_two_thousand_locks_are_readable()
    {
        await using var web = await StartAsync();
        await Task.WhenAll(Enumerable.Range(1, 199).Select(i => JoinAsync($"pod-{i}", i)));
        var handles = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Apart(() => _others[i % 199].Locks.AcquireAsync($"vnf-{i:0000}", cancellationToken: Ending).AsTask())));
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination/"));
        var page = browser.Page;

        await Shows(page.Locator("#members .count"), "200");
        await Shows(page.Locator("#held .count"), "2000");
        await Assertions.Expect(page.Locator("#held tbody tr")).ToHaveCountAsync(100);
        await page.GetByLabel("Filter").FillAsync("vnf-1234");
        await Shows(page.Locator("#held .count"), "1 of 2000");
        await page.GetByLabel("Filter").FillAsync("");
        await page.Locator("#held .more button").ClickAsync();
        await Assertions.Expect(page.Locator("#held tbody tr")).ToHaveCountAsync(2000);

        Assert.Empty(browser.Complaints);
        foreach (var handle in handles)
        {
            await handle.DisposeAsync();
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_row_stays_what_it_is_while_others_go_and_only_what_is_new_stands_out()
    {
        await using var web = await StartAsync();
        var first = await web.Locks.AcquireAsync("vnf-1", cancellationToken: Ending);
        await using var browser = await chromium.OpenAsync(new Uri(web.Url, "/coordination/"));
        var page = browser.Page;
        await Shows(page.Locator("#held tbody"), "vnf-1");
        await using var second = await web.Locks.AcquireAsync("vnf-2", cancellationToken: Ending);
        await Shows(page.Locator("#held tr.fresh"), "vnf-2");
        await Assertions.Expect(page.Locator("#held tr.fresh")).ToHaveCountAsync(0);

        await page.EvaluateAsync("() => getSelection().selectAllChildren(document.querySelectorAll('#held tbody tr')[1].cells[0])");
        await first.DisposeAsync();
        await Assertions.Expect(page.Locator("#held tbody tr")).ToHaveCountAsync(1);
        Assert.Equal("vnf-2", await page.EvaluateAsync<string>("() => getSelection().toString().trim()"));

        await page.GetByLabel("Filter").FillAsync("none fits");
        await Assertions.Expect(page.Locator("#held tbody tr")).ToHaveCountAsync(0);
        await page.GetByLabel("Filter").FillAsync("");
        await Shows(page.Locator("#held tbody tr"), "vnf-2");
        Assert.Equal(0, await page.Locator("#held tr.fresh").CountAsync());
        Assert.Empty(browser.Complaints);
    }

    private static Task Shows(ILocator place, string text) => Assertions.Expect(place).ToContainTextAsync(text);

    private static Task<T> Apart<T>(Func<Task<T>> action)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(action, Ending);
        }
    }

    private Task<WebReplica> StartAsync(Action<WebApplication>? first = null) => WebReplica.StartAsync(
        _url,
        app =>
        {
            first?.Invoke(app);
            app.MapCoordinationDashboard();
        },
        options: options => (options.MemberId, options.LeaseTime) = ("pod-0", TimeSpan.FromMinutes(1)));

    private async Task<Replica> JoinAsync(string id, int rank = 1)
    {
        var replica = new Replica(options =>
        {
            (options.BackendUrl, options.Group, options.MemberId, options.LeaseTime) = (_url, "orders", id, TimeSpan.FromMinutes(1)); // a browser beside 200 members leaves little time for heartbeats
            options.AdvertisedUrl = $"http://10.0.{rank / 250}.{rank % 250}:8080/";
            options.Metadata = new Dictionary<string, string> { ["zone"] = $"z{rank % 3}", ["version"] = "2.4.1" };
        });
        lock (_others)
        {
            _others.Add(replica);
        }

        await replica.StartAsync();
        return replica;
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Replica = Coordination.IntegrationTests.Contracts.Replica;

namespace Coordination.IntegrationTests.Dashboard;

/// <summary>What the page and its state answer, and to whom.</summary>
public sealed class DashboardTests
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://dashboard-{Guid.NewGuid():N}";

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task State_has_members_locks_waiters_and_history()
    {
        await using var web = await StartAsync();
        await using var other = Other("pod-1");
        await other.StartAsync();
        await using var held = await other.Locks.AcquireAsync("vnf-7", new LockRequest { Reason = "healing" }, Ending);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Ending);
        var waiting = Apart(() => web.Locks.AcquireAsync("vnf-7", cancellationToken: giveUp.Token).AsTask());

        var state = await StateAsync(web, state => state.GetProperty("locks").GetProperty("waitCount").GetInt32() == 1);

        Assert.Equal(["pod-0", "pod-1"], state.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("id").GetString()));
        Assert.True(state.GetProperty("members")[0].GetProperty("isLeader").GetBoolean());
        Assert.True(state.GetProperty("members")[0].GetProperty("isSelf").GetBoolean());
        Assert.Equal(("orders", "Joined"), (state.GetProperty("self").GetProperty("group").GetString(), state.GetProperty("self").GetProperty("state").GetString()));
        var lockShown = Assert.Single(state.GetProperty("locks").GetProperty("held").EnumerateArray());
        Assert.Equal(("vnf-7", "pod-1", held.Token.ToString(), "healing"), (Text(lockShown, "name"), Text(lockShown, "member"), Text(lockShown, "token"), Text(lockShown, "reason")));
        Assert.Equal("pod-1", Assert.Single(state.GetProperty("locks").GetProperty("waits")[0].GetProperty("blockedBy").EnumerateArray()).GetString());
        Assert.Equal("Joined", Text(state.GetProperty("history")[0], "kind"));
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact(Timeout = Limit)]
    public async Task The_page_forbids_whatever_it_does_not_bring_along_and_has_nothing_inline()
    {
        await using var web = await StartAsync();

        using var page = await web.Client.GetAsync("/coordination/", Ending);
        var html = await page.Content.ReadAsStringAsync(Ending);

        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.DoesNotMatch("<style|<script(?![^>]*src=)|style=|\\son\\w+=", html);
        var references = Regex.Matches(html, "(?:src|href)=\"([^\"#]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.DoesNotMatch("^/|:", reference)); // relative, all of them
        foreach (var reference in references.Concat(["tables.js", "times.js"]))
        {
            using var asset = await web.Client.GetAsync($"/coordination/{reference}", Ending);
            Assert.Equal(HttpStatusCode.OK, asset.StatusCode);
            Assert.True(asset.Headers.Contains("Content-Security-Policy"));
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData("/coordination", "/coordination/")]
    [InlineData("/base/coordination", "/base/coordination/")]
    public async Task Without_the_slash_at_its_end_the_way_to_the_page_is_relative(string from, string to)
    {
        await using var web = await StartAsync(app => app.UsePathBase("/base").UseRouting());
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });

        using var answer = await client.GetAsync(new Uri(web.Url, from), Ending);

        Assert.Equal((HttpStatusCode.Found, "./coordination/"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        Assert.Equal(to, new Uri(new Uri(web.Url, from), answer.Headers.Location!).AbsolutePath);
    }

    [Theory(Timeout = Limit)]
    [InlineData("203.0.113.7", null, null, "comes from 203.0.113.7")]
    [InlineData("127.0.0.1", "X-Forwarded-For", null, "header X-Forwarded-For")]
    [InlineData("127.0.0.1", "Forwarded", null, "header Forwarded")]
    [InlineData("::1", "Via", null, "header Via")]
    [InlineData("127.0.0.1", null, "rebound.example", "'rebound.example'")]
    [InlineData(null, null, null, "an unknown address")]
    public async Task Without_a_policy_others_get_403_and_hear_how_to_open_it(string? address, string? header, string? host, string obstacle)
    {
        await using var web = await StartAsync(app => app.Use((context, next) =>
        {
            context.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
            return next(context);
        }));

        foreach (var path in new[] { "/coordination/", "/coordination/app.js", "/coordination/api/state", "/coordination/api/events" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation(header, "192.0.2.1");
            }

            request.Headers.Host = host;
            using var answer = await web.Client.SendAsync(request, Ending);

            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Ending);
            Assert.Equal("dashboard-closed", Text(problem, "code"));
            Assert.Contains(obstacle, Text(problem, "detail"), StringComparison.Ordinal);
            Assert.Contains("RequireAuthorization", Text(problem, "detail"), StringComparison.Ordinal);
        }
    }

    [Theory(Timeout = Limit)]
    [InlineData(false, HttpStatusCode.Forbidden)]
    [InlineData(true, HttpStatusCode.OK)]
    public async Task With_a_policy_the_policy_decides_and_nothing_else(bool isOperator, HttpStatusCode expected)
    {
        await using var web = await WebReplica.StartAsync(
            _url,
            app =>
            {
                app.Use((context, next) =>
                {
                    context.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.7");
                    context.User = new ClaimsPrincipal(new ClaimsIdentity(isOperator ? [new Claim("role", "operator")] : [], "test"));
                    return next(context);
                });
                app.UseAuthorization();
                app.MapCoordinationDashboard().RequireAuthorization("operators");
            },
            builder =>
            {
                builder.Services.AddAuthentication("test").AddScheme<Microsoft.AspNetCore.Authentication.AuthenticationSchemeOptions, ForbiddingScheme>("test", _ => { });
                builder.Services.AddAuthorizationBuilder().AddPolicy("operators", policy => policy.RequireClaim("role", "operator"));
            });

        using var answer = await web.Client.GetAsync("/coordination/api/state", Ending);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task What_members_keep_in_their_metadata_is_not_shown_but_for_what_the_page_names()
    {
        await using var web = await StartAsync(options: options => options.Metadata = new Dictionary<string, string> { ["zone"] = "z1", ["token"] = "hunter2" });

        var state = await web.Client.GetStringAsync("/coordination/api/state", Ending);

        Assert.Contains("\"z1\"", state, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", state, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Wait_times_are_those_of_this_host_by_template()
    {
        await using var web = await StartAsync();
        await using var other = Other("pod-1");
        await other.StartAsync();
        await StateAsync(web, _ => true); // the first look
        await using (await web.Locks.AcquireAsync("vnf-7", cancellationToken: Ending))
        await using (await other.Locks.AcquireAsync("node-8", cancellationToken: Ending))
        {
            var waits = (await StateAsync(web, state => state.GetProperty("waits").GetArrayLength() > 0)).GetProperty("waits");

            var one = Assert.Single(waits.EnumerateArray());
            Assert.Contains("vnf", Text(one, "template"), StringComparison.Ordinal);
            Assert.Equal(1, one.GetProperty("count").GetInt32());
            Assert.True(one.GetProperty("p50Ms").GetDouble() > 0);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Events_begin_with_every_section_and_end_with_the_host()
    {
        var web = await StartAsync();
        using var client = new HttpClient { BaseAddress = web.Url };
        using var answer = await client.GetAsync("/coordination/api/events", HttpCompletionOption.ResponseHeadersRead, Ending);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Ending));

        HashSet<string> sections = [];
        while (sections.Count < 10 && await lines.ReadLineAsync(Ending) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                sections.Add(line["event: ".Length..]);
            }
        }

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["group", "history", "locks", "lost", "members", "partitions", "roles", "self", "sql", "waits"], sections.Order());
        await web.DisposeAsync(); // a stream that did not end would hold it up until the limit
        await lines.ReadToEndAsync(Ending);
    }

    [Fact]
    public void Without_AddCoordination_mapping_fails_and_says_what_is_missing()
    {
        var app = WebApplication.CreateSlimBuilder().Build();

        Assert.Contains("AddCoordination()", Assert.Throws<InvalidOperationException>(() => app.MapCoordinationDashboard()).Message, StringComparison.Ordinal);
        Assert.Contains("'billing'", Assert.Throws<InvalidOperationException>(() => app.MapCoordinationDashboard(key: "billing")).Message, StringComparison.Ordinal);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static Task<T> Apart<T>(Func<Task<T>> action)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(action, Ending);
        }
    }

    private static async Task<JsonElement> StateAsync(WebReplica web, Func<JsonElement, bool> fits)
    {
        while (true)
        {
            var state = await web.Client.GetFromJsonAsync<JsonElement>("/coordination/api/state", Ending);
            if (fits(state))
            {
                return state;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Ending);
        }
    }

    private Task<WebReplica> StartAsync(Action<WebApplication>? first = null, Action<CoordinationOptions>? options = null) => WebReplica.StartAsync(
        _url,
        app =>
        {
            first?.Invoke(app);
            app.MapCoordinationDashboard();
        },
        options: o =>
        {
            o.MemberId = "pod-0";
            options?.Invoke(o);
        });

    private Replica Other(string id) => new(options => (options.BackendUrl, options.Group, options.MemberId) = (_url, "orders", id));
}

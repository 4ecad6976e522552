using System.Net;
using System.Net.Sockets;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Routing;

/// <summary>A client whose requests go to members of a group, over real servers.</summary>
public sealed class GroupRoutingTests : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private readonly RoutedHosts _hosts = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _hosts.DisposeAsync();

    [Fact(Timeout = Limit)]
    public async Task Requests_without_a_key_go_to_all_members_and_keep_path_query_and_content()
    {
        await _hosts.StartConductorAsync("one");
        await _hosts.StartConductorAsync("two");
        var client = Client(await _hosts.StartApiAsync(members: 2));

        var answered = new HashSet<string>();
        for (var i = 0; i < 60; i++)
        {
            using var response = await client.PostAsync("nodes/7?force=1", new StringContent("body"), Ending);
            answered.Add(await response.Content.ReadAsStringAsync(Ending));
        }

        Assert.Equal(["one", "two"], answered.Order()); // that one of them never comes up has a chance of 2 in 2^60
        Assert.All(_hosts.Asked, asked => Assert.EndsWith(" POST /nodes/7?force=1 body", asked, StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task Requests_with_a_key_go_to_its_owner_and_to_the_next_when_that_one_refuses()
    {
        await _hosts.StartConductorAsync("one");
        await _hosts.StartConductorAsync("two");
        await _hosts.StartConductorAsync("gone", advertised: $"http://127.0.0.1:{FreePort.Find()}/");
        var api = await _hosts.StartApiAsync(members: 3);
        var view = api.Services.GetRequiredService<IGroupMembership>().Current;

        for (var i = 0; i < 30; i++)
        {
            var key = $"node-{i}";
            using var response = await Client(api).SendAsync(new HttpRequestMessage(HttpMethod.Post, "x").RouteByKey(key), Ending);

            var owners = view.OwnersOf(key, 2).Select(owner => owner.Id).ToList();
            Assert.Equal(owners[0] == "gone" ? owners[1] : owners[0], await response.Content.ReadAsStringAsync(Ending));
            Assert.True(response.RequestMessage!.Options.TryGetValue(GroupRouting.Route, out var route));
            Assert.Equal(owners[0] == "gone" ? ["gone"] : [], route.Passed.Select(member => member.Id));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_request_that_may_have_been_processed_is_sent_again_only_when_that_does_no_harm()
    {
        await _hosts.StartConductorAsync("one", Abort);
        await _hosts.StartConductorAsync("two", Abort);
        var client = Client(await _hosts.StartApiAsync(members: 2));

        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync("once", new StringContent("x"), Ending));
        Assert.Single(_hosts.Asked);

        _hosts.Asked.Clear();
        var content = new StreamContent(new MemoryStream("streamed"u8.ToArray()));
        var error = await Assert.ThrowsAsync<NoMemberAvailableException>(() =>
            client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "twice") { Content = content }.AsIdempotent(), Ending));
        Assert.IsType<HttpRequestException>(error.InnerException);
        Assert.Equal(["one POST /twice streamed", "two POST /twice streamed"], _hosts.Asked.Order());

        static Task Abort(HttpContext context)
        {
            context.Abort();
            return Task.CompletedTask;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task An_answer_of_503_goes_on_to_another_member_when_that_does_no_harm()
    {
        await _hosts.StartConductorAsync("stopping", context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        var client = Client(await _hosts.StartApiAsync(members: 1));
        using (var only = await client.GetAsync("x", Ending))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, only.StatusCode); // nobody else: it is the answer
        }

        await _hosts.StartConductorAsync("well");
        client = Client(await _hosts.StartApiAsync(members: 2));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("well", await client.GetStringAsync("x", Ending));
        }

        HttpStatusCode status;
        do
        {
            using var response = await client.PostAsync("x", content: null, Ending);
            status = response.StatusCode;
        }
        while (status is HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
    }

    [Fact(Timeout = Limit)]
    public async Task A_member_that_does_not_take_the_connection_in_time_is_passed_over()
    {
        var silent = FreePort.Find();
        await _hosts.StartConductorAsync("silent", advertised: $"http://127.0.0.1:{silent}/");
        await _hosts.StartConductorAsync("well");
        var api = await _hosts.StartApiAsync(
            members: 2,
            client => client.ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                ConnectCallback = async (context, cancellationToken) =>
                {
                    await (context.DnsEndPoint.Port == silent ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken) : Task.CompletedTask);
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }),
            routing => routing.ConnectTimeout = TimeSpan.FromSeconds(3)); // "well" has to be reached within it, too

        for (var i = 0; i < 8; i++)
        {
            using var response = await Client(api).PostAsync("x", content: null, Ending);
            Assert.Equal("well", await response.Content.ReadAsStringAsync(Ending));
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Nobody_to_ask_is_a_503_of_the_service_that_asks()
    {
        var api = await _hosts.StartApiAsync(members: 0);

        await Assert.ThrowsAsync<NoMemberAvailableException>(() => Client(api).GetAsync("x", Ending));
        using var response = await api.Client.GetAsync("/ask/x", Ending);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);

        await _hosts.StartConductorAsync("one", advertised: $"http://127.0.0.1:{FreePort.Find()}/");
        var other = await _hosts.StartApiAsync(members: 1);
        var error = await Assert.ThrowsAsync<NoMemberAvailableException>(() => Client(other).PostAsync("x", content: null, Ending));
        Assert.Contains("None of 1 members of group 'conductors' took the request", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task At_most_so_many_members_are_asked_and_only_those_that_fit()
    {
        foreach (var i in Enumerable.Range(0, 4))
        {
            await _hosts.StartConductorAsync($"gone-{i}", advertised: $"http://127.0.0.1:{FreePort.Find()}/");
        }

        await _hosts.StartConductorAsync("well");
        var picky = await _hosts.StartApiAsync(members: 5, routing: routing => (routing.MaxAttempts, routing.Where) = (2, member => member.Id != "well"));
        var error = await Assert.ThrowsAsync<NoMemberAvailableException>(() => Client(picky).GetAsync("x", Ending));
        Assert.Contains("None of 2 members", error.Message, StringComparison.Ordinal);

        var patient = await _hosts.StartApiAsync(members: 5, group: null);
        Assert.Equal("well", await Client(patient).GetStringAsync("x", Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_for_a_group_that_the_process_does_not_know_stops_the_start()
    {
        var error = await Assert.ThrowsAsync<CoordinationConfigurationException>(() => _hosts.StartApiAsync(members: 0, group: "unknown"));

        Assert.Contains("'work' ('unknown')", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_keyed_membership_is_named_by_its_key_and_discovery_shows_its_members()
    {
        await _hosts.StartConductorAsync("one");
        var api = await WebReplica.StartAsync(
            _hosts.Url,
            _ => { },
            builder =>
            {
                builder.Services.AddKeyedCoordination("others", options => (options.BackendUrl, options.Group, options.Observe) = (_hosts.Url, "conductors", true)).AddServiceDiscovery();
                builder.Services.AddHttpClient(RoutedHosts.Client).AddGroupRouting("others");
            },
            options => options.Group = "apis");
        await using (api)
        {
            Assert.Equal("one", await Client(api).GetStringAsync("x", Ending));
            var one = api.Services.GetRequiredKeyedService<IGroupMembership>("others").Current.Find("one")!;
            Assert.Equal(one.Url!.AbsoluteUri.TrimEnd('/'), api.Services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>()["Services:conductors:http:0"]);
        }
    }

    private static HttpClient Client(WebReplica api) => api.Services.GetRequiredService<IHttpClientFactory>().CreateClient(RoutedHosts.Client);
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>What a user's own tests look like: the whole program in the test's process, by <see cref="WebApplicationFactory{TEntryPoint}"/>.</summary>
public sealed class FactoryTests(PostgresServer server) : IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private TestDatabase? _database;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public async ValueTask DisposeAsync() => await _database!.DisposeAsync();

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_replicas_in_one_test_form_a_group_and_exclude_each_other(bool inMemory)
    {
        await using var here = Replica(inMemory, "here");
        await using var there = Replica(inMemory, "there");
        using var client = there.CreateClient();
        _ = here.CreateClient();
        await there.Services.GetRequiredService<IGroupMembership>().RefreshAsync(Ending);

        Assert.Equal(["here", "there"], (await client.GetFromJsonAsync<string[]>("/members", Ending))!.Order());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health", Ending)).StatusCode);
        await using (await here.Services.GetRequiredService<ILockProvider>().AcquireAsync("order-7", cancellationToken: Ending))
        {
            Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsync("/orders/7/pay", content: null, Ending)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await client.PostAsync("/orders/7/pay", content: null, Ending)).StatusCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_factory_that_is_disposed_leaves_the_group()
    {
        await using var here = Replica(inMemory: false, "here");
        _ = here.CreateClient();
        var group = here.Services.GetRequiredService<IGroupMembership>();
        await using (var there = Replica(inMemory: false, "there"))
        {
            _ = there.CreateClient();
            Assert.NotNull((await group.RefreshAsync(Ending)).Find("there"));
        }

        Assert.Null((await group.RefreshAsync(Ending)).Find("there"));
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_page_answers_in_a_test_that_says_where_its_requests_come_from(bool inMemory)
    {
        await using var there = Replica(inMemory, "there");
        await using var here = Replica(inMemory, "here");
        _ = there.CreateClient();
        using var client = here.CreateClient();
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/coordination/api/state", Ending)).StatusCode); // from nowhere

        var answer = await here.Server.SendAsync(context =>
        {
            (context.Request.Path, context.Request.Host) = ("/coordination/api/state", new HostString("localhost"));
            context.Connection.RemoteIpAddress = IPAddress.Loopback;
        }, Ending);
        using var state = await JsonDocument.ParseAsync(answer.Response.Body, cancellationToken: Ending);

        Assert.Equal(StatusCodes.Status200OK, answer.Response.StatusCode);
        Assert.Contains("default-src 'none'", answer.Response.Headers.ContentSecurityPolicy.ToString(), StringComparison.Ordinal);
        Assert.Equal(["here", "there"], state.RootElement.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("id").GetString()!).Order());
        Assert.DoesNotContain($"{_database!.Address.User}:", state.RootElement.GetRawText(), StringComparison.Ordinal);
    }

    private WebApplicationFactory<FactoryProgram> Replica(bool inMemory, string id) => new WebApplicationFactory<FactoryProgram>().WithWebHostBuilder(web => web
        .UseContentRoot(AppContext.BaseDirectory)
        .UseSetting("Coordination:BackendUrl", inMemory ? $"memory://{_database!.Name}" : _database!.Url)
        .UseSetting("Coordination:Group", "factory")
        .UseSetting("Coordination:MemberId", id));
}

using System.Net;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>The lock is lost while the handler runs: the database ends the session that holds it.</summary>
public sealed class LockLossTests(FreshDatabase database) : IClassFixture<FreshDatabase>, IAsyncLifetime
{
    private const int Limit = 120_000; // for a hang

    private readonly Stage _stage = new();
    private WebReplica? _replica;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    private WebReplica Replica => _replica!;

    public async ValueTask InitializeAsync() => _replica = await WebReplica.StartAsync(
        database.Url,
        Map,
        builder =>
        {
            builder.Services.AddSingleton(_stage);
            builder.Services.AddControllers().AddApplicationPart(typeof(OrdersController).Assembly);
        });

    public async ValueTask DisposeAsync() => await Replica.DisposeAsync();

    [Theory(Timeout = Limit)]
    [InlineData("/orders/1/pay", "1")] // stops when its token fires
    [InlineData("/mvc/orders/2/pay", "2")]
    public async Task The_token_of_the_handler_fires_and_a_response_that_had_not_begun_becomes_503(string path, string id)
    {
        var request = Replica.PostAsync(path);
        var handle = await _stage.BegunAsync(id);

        await LoseAsync();

        using var answer = await request.WaitAsync(Ending);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("lock-lost", await WebReplica.CodeAsync(answer));
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.True(handle!.Lost.IsCancellationRequested);
        Assert.Contains($"5004 ", Replica.Log.Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("/stubborn/3", "3")]
    [InlineData("/mvc/stubborn/4", "4")]
    public async Task A_handler_that_goes_on_is_not_believed_and_its_headers_are_gone(string path, string id)
    {
        var request = Replica.PostAsync(path);
        var handle = await _stage.BegunAsync(id);

        await LoseAsync();
        await FiresAsync(handle!.Lost);
        _stage.End(id);

        using var answer = await request.WaitAsync(Ending);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("lock-lost", await WebReplica.CodeAsync(answer));
        Assert.False(answer.Headers.Contains("Said"));
        Assert.False(answer.Headers.Contains("Lock-Token"));
    }

    [Theory(Timeout = Limit)]
    [InlineData("/throws/5", "5")]
    [InlineData("/mvc/throws/6", "6")]
    public async Task The_exception_of_the_handler_wins(string path, string id)
    {
        var request = Replica.PostAsync(path);
        var handle = await _stage.BegunAsync(id);

        await LoseAsync();
        await FiresAsync(handle!.Lost);
        _stage.End(id);

        using var answer = await request.WaitAsync(Ending);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("Its own.", Replica.Log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_response_that_had_begun_is_cut_off()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/begun/7");
        using var answer = await Replica.Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, Ending);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        await LoseAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync(Ending).WaitAsync(Limits.Step, Ending));
        Assert.False(Ending.IsCancellationRequested);
    }

    [Fact(Timeout = Limit)]
    public async Task A_handler_that_writes_a_whole_answer_after_the_loss_is_cut_off()
    {
        var request = Replica.PostAsync("/late/9");
        var handle = await _stage.BegunAsync("9");

        await LoseAsync();
        await FiresAsync(handle!.Lost);
        _stage.End("9");

        await Assert.ThrowsAsync<HttpRequestException>(() => request.WaitAsync(Limits.Step, Ending));
    }

    [Fact(Timeout = Limit)]
    public async Task What_a_client_is_told_names_no_member_and_no_database()
    {
        var request = Replica.PostAsync("/orders/8/pay");
        await _stage.BegunAsync("8");
        await LoseAsync();

        using var answer = await request.WaitAsync(Ending);
        var text = await answer.Content.ReadAsStringAsync(Ending);

        Assert.DoesNotContain(Environment.MachineName, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(database.Database.Name, text, StringComparison.Ordinal);
    }

    private static async Task FiresAsync(CancellationToken token)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(fired.SetResult);
        await fired.Task.WaitAsync(Ending);
    }

    private void Map(WebApplication app)
    {
        app.MapControllers();
        app.MapPost("/orders/{id}/pay", (string id, HttpContext context, CancellationToken token) => _stage.PlayAsync(context, id, token)).RequireLock("order-{id}");
        app.MapPost("/stubborn/{id}", (string id, HttpContext context) =>
        {
            context.Response.Headers["Said"] = "too much";
            return _stage.PlayAsync(context, id, Ending);
        }).RequireLock("order-{id}", options => options.TokenHeader = "Lock-Token");
        app.MapPost("/throws/{id}", async (string id, HttpContext context) =>
        {
            await _stage.PlayAsync(context, id, Ending);
            throw new InvalidOperationException("Its own.");
        }).RequireLock("order-{id}");
        app.MapPost("/late/{id}", async (HttpContext context) =>
        {
            await _stage.PlayAsync(context, "9", Ending);
            context.Response.ContentLength = 3;
            await context.Response.WriteAsync("all", Ending);
        }).RequireLock("order-{id}");
        app.MapPost("/begun/{id}", async (HttpContext context) =>
        {
            await context.Response.WriteAsync("The first half, ", Ending);
            await context.Response.Body.FlushAsync(Ending);
            await _stage.PlayAsync(context, "7", context.RequestAborted);
            await context.Response.WriteAsync("the second.", Ending);
        }).RequireLock("order-{id}");
    }

    private Task LoseAsync() => database.Database.ExecuteAsync(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
}

using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>Exceptions of coordination that a handler lets through are 503, however the application treats exceptions.</summary>
public sealed class ErrorAnswerTests
{
    private const int Limit = 120_000; // for a hang

    private readonly string _url = $"memory://errors-{Guid.NewGuid():N}";

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public static TheoryData<string> Applications() => ["plain", "handler", "page"];

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Applications))]
    public async Task What_coordination_cannot_do_now_is_503_and_other_exceptions_stay_what_they_are(string kind)
    {
        await using var replica = await StartAsync(kind);

        using var nobody = await replica.Client.GetAsync("/nobody", Ending);
        using var late = await replica.Client.GetAsync("/late", Ending);
        using var other = await replica.Client.GetAsync("/other", Ending);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, nobody.StatusCode);
        Assert.Equal("no-member-available", await WebReplica.CodeAsync(nobody));
        Assert.NotNull(nobody.Headers.RetryAfter);
        Assert.Equal("lock-timeout", await WebReplica.CodeAsync(late));
        Assert.DoesNotContain("secret-holder", await late.Content.ReadAsStringAsync(Ending), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.InternalServerError, other.StatusCode);
        Assert.Contains("5005 /nobody answers 503", replica.Log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task The_answers_go_through_the_problem_details_of_the_application()
    {
        await using var replica = await WebReplica.StartAsync(
            _url,
            app => app.MapPost("/orders/{id}", (string id) => id).RequireLock("order-{id}"),
            builder => builder.Services.AddProblemDetails(options => options.CustomizeProblemDetails = context => context.ProblemDetails.Extensions["house"] = "ours"));
        await using var held = await replica.Locks.AcquireAsync("order-7", cancellationToken: Ending);

        using var answer = await replica.PostAsync("/orders/7");

        Assert.Contains("\"house\":\"ours\"", await answer.Content.ReadAsStringAsync(Ending), StringComparison.Ordinal);
    }

    private Task<WebReplica> StartAsync(string kind) => WebReplica.StartAsync(
        _url,
        app =>
        {
            _ = kind switch { "handler" => app.UseExceptionHandler(), "page" => app.UseDeveloperExceptionPage(), _ => app };
            app.MapGet("/nobody", (IGroupMembership group) => group.Current.PickRandom(_ => false).Id);
            app.MapGet("/late", string () => throw new LockTimeoutException("order-7", TimeSpan.FromSeconds(1), "secret-holder"));
            app.MapGet("/other", string () => throw new InvalidOperationException("Its own."));
        },
        builder => builder.Services.AddProblemDetails());
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Web;

/// <summary>What OpenAPI is told of an endpoint under a lock.</summary>
public sealed class ApiDescriptionTests
{
    private const int Limit = 120_000; // for a hang

    [Theory(Timeout = Limit)]
    [InlineData("orders/{id}", 200, 400, 409, 503)]
    [InlineData("described/{id}", 201, 400, 409, 503)]
    [InlineData("untold/{id}", 200, 400, 423, 503)]
    [InlineData("alone", 200, 409, 503)]
    [InlineData("mvc/orders/{id}/pay", 200, 400, 409, 503)]
    [InlineData("mvc/vnfs", 200, 400, 423, 503)]
    public async Task The_answers_without_the_lock_are_described_beside_those_with_it(string path, params int[] statuses)
    {
        await using var replica = await WebReplica.StartAsync(
            $"memory://api-{Guid.NewGuid():N}",
            app =>
            {
                app.MapControllers();
                app.MapPost("orders/{id}", (string id) => id).RequireLock("order-{id}");
                app.MapPost("described/{id}", (string id) => Results.Created(id, id)).Produces<string>(201).RequireLock("order-{id}");
                app.MapPost("alone", () => "done").RequireLock("the-only-one");
                app.MapPost("untold/{id}", (string id) => Results.Ok(id)).RequireLock("order-{id}", options => options.BusyStatusCode = 423);
            },
            builder =>
            {
                builder.Services.AddSingleton<Stage>().AddEndpointsApiExplorer();
                builder.Services.AddControllers().AddApplicationPart(typeof(OrdersController).Assembly);
            });

        var described = replica.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>().ApiDescriptionGroups.Items
            .SelectMany(group => group.Items)
            .Single(item => item.RelativePath == path);

        Assert.Equal(statuses, described.SupportedResponseTypes.Select(response => response.StatusCode).Order());
        Assert.Contains(described.SupportedResponseTypes, response => response.StatusCode == 503 && response.ApiResponseFormats.Any(format => format.MediaType == "application/problem+json"));
        if (path.StartsWith("mvc", StringComparison.Ordinal))
        {
            Assert.Equal(typeof(string), described.SupportedResponseTypes.Single(response => response.StatusCode == 200).Type);
        }
    }
}

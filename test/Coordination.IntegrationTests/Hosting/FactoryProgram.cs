using Coordination.IntegrationTests.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>A program as its users write it, for <c>WebApplicationFactory</c>: the one line, an endpoint under a lock, the health check, the page.</summary>
internal sealed class FactoryProgram
{
    /// <summary>Whether the factory started this program: it always names the application on the command line.</summary>
    public static bool IsMeant(string[] args) => args.Any(arg => arg.StartsWith("--applicationName", StringComparison.Ordinal));

    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddCoordination();
        builder.Services.AddHealthChecks().AddCoordination();
        builder.Services.AddControllers().ConfigureApplicationPartManager(parts => parts.FeatureProviders.Add(new OnlyController(typeof(PaymentsController))));

        var app = builder.Build();
        app.MapHealthChecks("/health");
        app.MapControllers();
        app.MapCoordinationDashboard();
        app.MapGet("/members", (IGroupMembership group) => group.Current.Members.Select(member => member.Id));
        app.MapPost("/orders/{id}/pay", (string id) => Results.NoContent()).RequireLock("order-{id}");
        await app.RunAsync();
        return 0;
    }
}

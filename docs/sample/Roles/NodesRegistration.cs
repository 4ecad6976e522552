using Coordination;
using Npgsql;

namespace Conductors.Roles;

/// <summary>Registers what a conductor needs to keep its nodes.</summary>
internal static class NodesRegistration
{
    public static void AddNodes(this WebApplicationBuilder builder)
    {
        var connection = NodeDatabase.FromConfiguration(builder.Configuration);
        var schema = builder.Configuration["Nodes:Schema"] ?? "conductors";

        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connection));
        builder.Services.AddSingleton(services => new NodeStore(
            services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<IGroupMembership>(), schema));

        // After AddCoordination, so that this process is in the group when the set-up takes its lock.
        builder.Services.AddHostedService<NodeStoreSetup>();
    }
}

using Npgsql;

namespace Conductors.Roles;

/// <summary>Registers what a conductor needs to keep its nodes.</summary>
internal static class NodesRegistration
{
    public static void AddNodes(this WebApplicationBuilder builder)
    {
        if (NodeDatabase.FindFolder(builder.Configuration) is { } folder)
        {
            builder.Services.AddSingleton<INodeHistory>(_ => new FolderNodeHistory(folder));
        }
        else
        {
            var connection = NodeDatabase.FromConfiguration(builder.Configuration);
            var schema = builder.Configuration["Nodes:Schema"] ?? "conductors";
            builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(connection));
            builder.Services.AddSingleton<INodeHistory>(services => new PostgresNodeHistory(services.GetRequiredService<NpgsqlDataSource>(), schema));
        }

        builder.Services.AddSingleton<NodeStore>();

        // After AddCoordination, so that this process is in the group when the set-up takes its lock.
        builder.Services.AddHostedService<NodeStoreSetup>();
    }
}

using System.Security.Cryptography;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>An ordinary role that may connect to one database and nothing else.</summary>
internal sealed class TestRole : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private TestRole(TestDatabase database, ServerAddress address)
    {
        _database = database;
        Address = address;
    }

    public ServerAddress Address { get; }

    public string Name => Address.User;

    public static async Task<TestRole> CreateAsync(TestDatabase database)
    {
        var name = "role_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var password = "Secret" + Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
        await database.ExecuteAsync($"create role {name} login password '{password}'; grant connect on database {database.Name} to {name}");
        return new TestRole(database, database.Address with { User = name, Password = password });
    }

    public async ValueTask DisposeAsync() =>
        await _database.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{Name}'; drop owned by {Name} cascade; drop role {Name}");
}

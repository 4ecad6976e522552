using Npgsql;

namespace Conductors.Roles;

/// <summary>Nodes and history in two tables. The sequence of the history puts all writes in one order.</summary>
internal sealed class PostgresNodeHistory(NpgsqlDataSource database, string schema) : INodeHistory
{
    private readonly string _createTables =
        $"""
        create schema if not exists {schema};
        create table if not exists {schema}.nodes (
            id text primary key,
            token bigint not null,
            state text not null,
            conductor text not null);
        create table if not exists {schema}.history (
            seq bigint generated always as identity primary key,
            at timestamptz not null default clock_timestamp(),
            node text not null,
            token bigint not null,
            conductor text not null,
            step text not null);
        """;

    // The row of the node is what fences: of two writers the one with the older token finds a newer one there.
    private readonly string _begin =
        $"""
        with fenced as (
            insert into {schema}.nodes as n (id, token, conductor, state) values ($1, $2, $3, $4)
            on conflict (id) do update set token = excluded.token, conductor = excluded.conductor, state = excluded.state
                where n.token < excluded.token
            returning true)
        insert into {schema}.history (node, token, conductor, step)
        select $1, $2, $3, case when exists (select from fenced) then 'begin' else 'refused' end
        returning step = 'begin'
        """;

    private readonly string _end =
        $"""
        with fenced as (
            update {schema}.nodes set state = $4 where id = $1 and token = $2 and conductor = $3
            returning true)
        insert into {schema}.history (node, token, conductor, step)
        select $1, $2, $3, case when exists (select from fenced) then 'end' else 'refused' end
        returning step = 'end'
        """;

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(_createTables);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public Task<bool> BeginAsync(NodeState node) => WriteAsync(_begin, node);

    public Task<bool> EndAsync(NodeState node) => WriteAsync(_end, node);

    // Not cancellable: a write that is given up may still happen, and then after the lock was released.
    private async Task<bool> WriteAsync(string sql, NodeState node)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node.Id });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = node.Token });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node.Conductor });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node.State });
        return await command.ExecuteScalarAsync(CancellationToken.None) is true;
    }
}

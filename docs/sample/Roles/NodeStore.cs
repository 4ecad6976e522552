using Coordination;
using Npgsql;

namespace Conductors.Roles;

/// <summary>
/// The nodes and the history of what was done to them. Every write carries the fencing token of the lock it is made under,
/// and a write with an older token than the node has seen changes nothing.
/// </summary>
/// <remarks>The history is also what the demo judges: between 'begin' and 'end' of a node nobody else may begin.</remarks>
internal sealed class NodeStore(NpgsqlDataSource database, IGroupMembership group, string schema)
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

    public async Task CreateTablesAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(_createTables);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Writes the first state, does the work, writes the last state.</summary>
    /// <returns>The node as it was left.</returns>
    /// <exception cref="LockLostException">A newer holder of the lock has written to the node.</exception>
    public async Task<NodeState> ChangeAsync(string id, FencingToken token, string before, string after, Func<Task> work)
    {
        var conductor = group.Self?.Id ?? throw new CoordinationUnavailableException("This process is not in the group now. Try again.");
        await WriteAsync(_begin, new NodeState(id, before, conductor, token.Value));

        var last = new NodeState(id, "failed", conductor, token.Value);
        try
        {
            await work();
            last = last with { State = after };
        }
        finally
        {
            // Also when the work was cancelled: we still have the lock, and a node must not look worked on for ever.
            await WriteAsync(_end, last);
        }

        return last;
    }

    // Not cancellable: a write that is given up may still happen, and then after the lock was released.
    private async Task WriteAsync(string sql, NodeState node)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node.Id });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = node.Token });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node.Conductor });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = node.State });
        if (await command.ExecuteScalarAsync(CancellationToken.None) is not true)
        {
            throw new LockLostException($"node-{node.Id}");
        }
    }
}

using Npgsql;

namespace Conductors.Demo;

/// <summary>
/// The judge: PostgreSQL itself, from what every conductor wrote there under its lock. Each piece of work wrote 'begin' after the
/// lock was granted and 'end' before it was released, each with its fencing token and a number from one sequence. So, in the order
/// of that sequence and whatever any clock says, a node's rows must read begin, end, begin, end, and its tokens must rise.
/// </summary>
/// <remarks>
/// A killed holder leaves a 'begin' without an 'end'. Its work ended when the process did: somebody else may begin after that and
/// not before, and must have a greater token. The demo writes 'died' immediately before the kill, so an earlier begin is seen. A
/// write that the dead process had sent may still arrive later. It has an older token than its successor, and so it changes
/// nothing: that is what the token is for, and such a row is counted apart.
/// </remarks>
internal sealed class Checker(string connectionString, string schema) : IChecker
{
    private const string Died = "died";

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString);

    private readonly string _ordered =
        $"""
        with dead as (
            select conductor, min(seq) as seq from {schema}.history where step = 'died' group by conductor),
        work as (
            select h.*, coalesce(max(h.token) filter (where h.step = 'begin')
                over (partition by h.node order by h.seq rows between unbounded preceding and 1 preceding), 0) as highest
            from {schema}.history h where h.step <> 'died'),
        sorted as (
            select work.*, (dead.seq < work.seq and work.token < work.highest) is true as late
            from work left join dead using (conductor)),
        steps as (
            select sorted.*, lag(step) over node as prior_step, lag(token) over node as prior_token,
                lag(conductor) over node as prior_conductor, lead(seq) over node is null as is_last
            from sorted where not late
            window node as (partition by node order by seq))
        """;

    private readonly string _faults =
        """
        select case
                when step = 'refused'
                    then format('node %s: a write of %s with token %s was refused, a newer holder has written', node, conductor, token)
                when step = 'begin' and prior_step = 'begin' and not exists (
                        select from dead where dead.conductor = prior_conductor and dead.seq < steps.seq)
                    then format('node %s: %s began (token %s) while %s held it (token %s)', node, conductor, token, prior_conductor, prior_token)
                when step = 'begin' and token <= highest
                    then format('node %s: %s began with token %s, which is not above %s', node, conductor, token, highest)
                when step = 'end' and (prior_step, prior_token, prior_conductor) is distinct from ('begin', token, conductor)
                    then format('node %s: %s ended (token %s) what it did not hold any more', node, conductor, token)
                when step = 'begin' and is_last and not exists (select from dead where dead.conductor = steps.conductor)
                    then format('node %s: %s began (token %s) and never ended', node, conductor, token)
            end as fault
        from steps
        """;

    /// <inheritdoc/>
    public async Task NoteDeathAsync(string conductor, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand($"insert into {schema}.history (node, token, conductor, step) values ('', 0, $1, '{Died}')");
        command.Parameters.AddWithValue(conductor);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> IsWorkingAsync(string conductor, string node, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(
            $"select coalesce((select step = 'begin' and conductor = $1 from {schema}.history where node = $2 order by seq desc limit 1), false)");
        command.Parameters.AddWithValue(conductor);
        command.Parameters.AddWithValue(node);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <inheritdoc/>
    public async Task<Judgement> JudgeAsync(CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(
            $"""
            {_ordered}, judged as (
            {_faults})
            select (select count(*) from work where step = 'begin'),
                (select count(distinct conductor) from work),
                (select count(*) from steps where step = 'begin' and prior_step = 'begin' and prior_conductor in (select conductor from dead)),
                (select count(*) from sorted where late),
                (select coalesce(array_agg(fault), array[]::text[]) from judged where fault is not null)
            """);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new Judgement(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetFieldValue<string[]>(4));
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}

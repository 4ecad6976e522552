using Dapper;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>The reading of later views, prepared: while a group starts, each member reads again and again. Used by the session's thread only.</summary>
internal sealed class ChangesStatement
{
    private readonly NpgsqlCommand _command;
    private readonly NpgsqlParameter<long> _epoch = new("Epoch", default(long));
    private readonly NpgsqlParameter<long> _view = new("View", default(long));

    public ChangesStatement(NpgsqlConnection connection, Sql sql, long group)
    {
        _command = new NpgsqlCommand(sql.ReadChanges, connection)
        {
            Parameters = { new NpgsqlParameter<long>("Group", group), _epoch, _view },
        };
        _command.Prepare();
    }

    /// <returns>The rows after a view, for <see cref="ViewLog"/>.</returns>
    public List<ChangeRow> Read(ViewNumber after)
    {
        (_epoch.TypedValue, _view.TypedValue) = (after.Epoch, after.Number);
        using var reader = _command.ExecuteReader();
        return reader.Parse<ChangeRow>().AsList();
    }
}

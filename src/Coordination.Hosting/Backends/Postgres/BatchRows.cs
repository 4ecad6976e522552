namespace Coordination.Backends.Postgres;

/// <summary>Which rows of the statement a batch of commands becomes, and which command has which answer. Used by one thread; knows no server.</summary>
internal sealed class BatchRows
{
    private readonly List<long> _keys = new(CommandQueue.MostInBatch);
    private readonly List<int> _operations = new(CommandQueue.MostInBatch);
    private readonly List<LockCommand?> _commands = new(CommandQueue.MostInBatch);
    private readonly List<int> _asked = new(CommandQueue.MostInBatch);
    private bool _hasTry;
    private bool _hasDraw;

    /// <summary>The key of each row.</summary>
    public List<long> Keys => _keys;

    /// <summary>What each row does.</summary>
    public List<int> Operations => _operations;

    /// <summary>Adds a command. A try joins the release that it was posted behind when that is here as well: one row for both.</summary>
    public void Add(LockCommand command)
    {
        // What a command says of its row may be from an earlier statement: it counts only where that row is the command's in this one.
        if (command.Behind is { } release && release.Row < _commands.Count && _commands[release.Row] == release
            && _keys[release.Row] == command.Key.Bits
            && LockOperation.Join(_operations[release.Row], LockOperation.Of(command.Key, command.Mode, command.IsRelease)) is { } both)
        {
            _operations[release.Row] = both;
            _asked.Add(~release.Row);
            _hasTry = true;
            return;
        }

        command.Row = _keys.Count;
        Add(command.Key, command.Mode, command.IsRelease, command);
    }

    /// <summary>Adds a row that is nobody's command.</summary>
    public void Add(LockKey key, LockMode mode, bool isRelease) => Add(key, mode, isRelease, command: null);

    /// <summary>
    /// Lets all that is granted have one fence number, which the last row draws: after the last grant, or somebody who had a key between the draw
    /// and the grant could have a greater number and come before. No key is granted twice in a statement, so no two grants of a key have the same.
    /// </summary>
    public void DrawTogether()
    {
        if (_hasTry)
        {
            _keys.Add(0);
            _operations.Add(LockOperation.Draw);
            _commands.Add(null);
            _hasDraw = true;
        }
    }

    /// <summary>Gives out what the server said.</summary>
    /// <param name="rows">One answer a row: of a try null when it was not granted, else its fence number or, where the last row has that, anything.</param>
    /// <param name="results">Filled with one answer for each that was added, in that order: of a try the fence number or null, of an unlock 1 or 0.</param>
    public void Answer(List<long?> rows, List<long?> results)
    {
        foreach (var row in _asked)
        {
            // A row that is two says what its try got, when its unlock went well.
            results.Add(
                row < 0 ? Granted(rows[~row])
                : LockOperation.IsAgain(_operations[row]) ? rows[row] == LockSql.NotHeld ? 0 : 1
                : LockOperation.IsUnlock(_operations[row]) ? rows[row]
                : Granted(rows[row]));
        }

        long? Granted(long? row) => row is null or LockSql.NotHeld ? null : _hasDraw ? rows[^1] : row;
    }

    public void Clear()
    {
        _keys.Clear();
        _operations.Clear();
        _commands.Clear();
        _asked.Clear();
        _hasTry = _hasDraw = false;
    }

    private void Add(LockKey key, LockMode mode, bool isRelease, LockCommand? command)
    {
        _hasTry |= !isRelease;
        _asked.Add(_keys.Count);
        _keys.Add(key.Bits);
        _operations.Add(LockOperation.Of(key, mode, isRelease));
        _commands.Add(command);
    }
}

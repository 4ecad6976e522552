using System.Globalization;
using Coordination.Backends.Postgres;
using Coordination.Connecting;
using Coordination.Shell;

namespace Coordination.Operating;

/// <summary><c>schema show</c> and <c>schema apply</c>.</summary>
internal sealed class SchemaOperator(Place place, Voice voice)
{
    /// <summary>Which scripts there are; 1 when some are missing.</summary>
    /// <param name="asSql">Instead, what is missing as SQL, for somebody who may run it.</param>
    public async Task<int> ShowAsync(bool asSql)
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var bench = new Bench(gate, place);
        var scripts = await bench.AskAsync("schema", static database => database.Scripts()).ConfigureAwait(false);
        if (asSql)
        {
            WriteSql(bench.Schema, [.. scripts.Where(static script => !script.IsApplied).Select(static script => script.Script)]);
            return ExitCodes.Success;
        }

        foreach (var (script, isApplied) in scripts)
        {
            voice.Results.WriteLine($"{script.Name}  {(isApplied ? "applied" : "missing")}");
        }

        return scripts.All(static script => script.IsApplied) ? ExitCodes.Success : ExitCodes.Negative;
    }

    /// <summary>Creates or upgrades the schema, in one transaction; programs that run meanwhile go on.</summary>
    public async Task<int> ApplyAsync()
    {
        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var bench = new Bench(gate, place);
        var missing = await bench.AskAsync("schema", static database =>
        {
            var missing = database.Scripts().Where(static script => !script.IsApplied).Select(static script => script.Script.Name).ToList();
            database.ApplyScripts();
            return missing;
        }).ConfigureAwait(false);
        missing.ForEach(script => voice.Results.WriteLine($"{script}  applied"));
        voice.Remark(missing.Count == 0 ? $"Schema '{bench.Schema}' has all scripts already." : $"Schema '{bench.Schema}' is ready. What a role needs that does not own it: coordination check, as that role.");
        return ExitCodes.Success;
    }

    private void WriteSql(string schema, IReadOnlyList<SchemaScript> missing)
    {
        if (missing.Count == 0)
        {
            return;
        }

        voice.Results.WriteLine("begin;");
        if (missing.Count < SchemaScript.All.Count)
        {
            // As the library does: heartbeats must not stand behind us for as long as somebody reads a table.
            voice.Results.WriteLine("-- Gives way to whoever uses the tables; run it again when that is what it says.");
            voice.Results.WriteLine("set local lock_timeout = '950ms';");
        }

        if (missing.Count == SchemaScript.All.Count)
        {
            voice.Results.WriteLine($"create schema if not exists {Identifier.Quote(schema)};");
        }

        foreach (var script in missing)
        {
            voice.Results.WriteLine(script.For(schema).TrimEnd());
            voice.Results.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"insert into {Identifier.Quote(schema)}.schema_version (version, name, works_from) values ({script.Version}, '{script.Name}', {script.WorksFrom});"));
        }

        voice.Results.WriteLine("commit;");
    }
}

using System.CommandLine;
using Coordination.Connecting;

namespace Coordination.Commands;

/// <summary>What every command can be told: which group, and where.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string?> _url = new("--url") { Description = $"Where the group lives: postgresql://user:password@host/database or file:///folder. Else {Place.Variable}, else {Place.LibraryVariable}. A password in an argument can be seen by others on this machine: better in a variable.", Recursive = true };
    private readonly Option<string?> _group = new("--group", "-g") { Description = $"The service group. Else {Place.GroupVariable}, else '{Place.DefaultGroup}'.", Recursive = true };
    private readonly Option<string> _schema = new("--schema") { Description = "The schema of the tables.", DefaultValueFactory = static _ => "coordination", Recursive = true };
    private readonly Option<string?> _lockPrefix = new("--lock-prefix") { Description = "Put before lock names; '{group}.' by default, as in applications.", Recursive = true };
    private readonly Option<KeyFormat> _keyFormat = new("--key-format") { Description = "How names become keys.", DefaultValueFactory = static _ => KeyFormat.Default, Recursive = true };
    private readonly Option<AllowPooler> _allowPooler = new("--allow-pooler") { Description = "Session: a pooler that gives each connection a session of its own may stand in between.", DefaultValueFactory = static _ => AllowPooler.None, Recursive = true };
    private readonly Option<TimeSpan> _connectTimeout = Times.Positive("--connect-timeout", "How long the backend may take to answer before the command ends with 69.", TimeSpan.FromSeconds(10));

    public CommonOptions() => _connectTimeout.Recursive = true;

    public void AddTo(Command root)
    {
        foreach (var option in (Option[])[_url, _group, _schema, _lockPrefix, _keyFormat, _allowPooler, _connectTimeout])
        {
            root.Options.Add(option);
        }
    }

    public Place Read(ParseResult parsed) => new()
    {
        Url = Place.UrlFrom(parsed.GetValue(_url), Environment.GetEnvironmentVariable),
        Group = parsed.GetValue(_group) ?? (Environment.GetEnvironmentVariable(Place.GroupVariable) is { Length: > 0 } group ? group : Place.DefaultGroup),
        Schema = parsed.GetValue(_schema)!,
        LockPrefix = parsed.GetValue(_lockPrefix),
        KeyFormat = parsed.GetValue(_keyFormat),
        AllowPooler = parsed.GetValue(_allowPooler),
        ConnectTimeout = parsed.GetValue(_connectTimeout),
    };
}

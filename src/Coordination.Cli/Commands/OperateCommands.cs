using System.CommandLine;
using Coordination.Connecting;
using Coordination.Operating;
using Coordination.Shell;

namespace Coordination.Commands;

/// <summary><c>check</c>, <c>schema</c>, <c>evict</c> and <c>release</c>.</summary>
internal sealed class OperateCommands(CommonOptions common, Voice voice)
{
    private readonly Option<bool> _yes = new("--yes") { Description = "It is meant." };
    private readonly Option<string?> _reason = new("--reason") { Description = "Why; for the group's history, beside your name." };

    public IEnumerable<Command> All() => [Check(), Schema(), Evict(), Release()];

    private Command Check()
    {
        var check = new Command("check", "Whether a group can live there: server, pooler, privileges, timeouts, head-room, clocks.");
        Do(check, (place, _) => Interruption.RunAsync(new Doctor(place, voice).CheckAsync));
        return check;
    }

    private Command Schema()
    {
        Option<bool> sql = new("--sql") { Description = "What is missing as SQL, for somebody who may run it." };
        var show = new Command("show", "Which scripts the schema has; ends with 1 when some are missing.") { sql };
        Do(show, (place, parsed) => new SchemaOperator(place, voice).ShowAsync(parsed.GetValue(sql)));
        var apply = new Command("apply", "Creates or upgrades the schema.");
        Do(apply, (place, _) => new SchemaOperator(place, voice).ApplyAsync());
        return new Command("schema", "The tables and functions in the database.") { show, apply };
    }

    private Command Evict()
    {
        Argument<string> member = new("MEMBER") { Description = "Its id, as coordination members shows it." };
        var evict = new Command("evict", "Takes a member out of the group and ends its sessions. Audited in the group's history.") { member, _yes, _reason };
        Do(evict, (place, parsed) => new Remover(place, parsed.GetValue(_reason), parsed.GetValue(_yes), voice).EvictAsync(parsed.GetValue(member)!));
        return evict;
    }

    private Command Release()
    {
        Argument<string> name = new("NAME") { Description = "The lock." };
        Option<bool> force = new("--force") { Description = "End the session that holds it, with all its locks." };
        var release = new Command("release", "Ends the session that holds a lock. Audited in the group's history.") { name, force, _yes, _reason };
        Do(release, (place, parsed) => new Remover(place, parsed.GetValue(_reason), parsed.GetValue(_yes) && parsed.GetValue(force), voice).ReleaseAsync(Names.Read(parsed.GetValue(name)!)));
        return release;
    }

    private void Do(Command command, Func<Place, ParseResult, Task<int>> work) =>
        command.SetAction((parsed, _) => Faults.ReportAsync(voice, () => work(common.Read(parsed), parsed)));
}

using System.CommandLine;
using System.CommandLine.Parsing;
using Coordination.Connecting;
using Coordination.Reading;
using Coordination.Shell;
using Spectre.Console;

namespace Coordination.Commands;

/// <summary>The lists, and <c>top</c>.</summary>
internal sealed class ReadCommands(CommonOptions common, Voice voice)
{
    public IEnumerable<Command> All() =>
    [
        List("members", "Who is in the group.", Listings.Members),
        List("locks", "What has been held for longer than about a second, and by whom.", Listings.Locks),
        List("waiters", "Who has waited for longer than about a second, for what, and who is in the way.", Listings.Waiters),
        List("leaders", "Who leads which role.", Listings.Leaders),
        List("lost", "Which locks were lost while they were held, the newest last.", Listings.Lost),
        List("history", "What happened to members, the newest last.", Listings.History),
        Top(),
    ];

    private Command List(string name, string description, IListing listing)
    {
        Option<OutputFormat> output = new("--output", "-o") { Description = "How to write it: table, wide, json or name.", HelpName = "table|wide|json|name", DefaultValueFactory = static _ => OutputFormat.Table, CustomParser = ParseFormat };
        Option<bool> watch = new("--watch", "-w") { Description = "Write it again whenever it changes." };
        var command = new Command(name, description) { output, watch };
        command.SetAction((parsed, _) => Faults.ReportAsync(voice, () => Interruption.RunAsync(stop =>
        {
            var reader = new ListReader(common.Read(parsed), listing, parsed.GetValue(output), voice);
            return parsed.GetValue(watch) ? reader.WatchAsync(stop) : reader.OnceAsync(stop);
        })));
        return command;
    }

    private static OutputFormat ParseFormat(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        foreach (var format in Enum.GetValues<OutputFormat>())
        {
            if (string.Equals(format.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return format;
            }
        }

        result.AddError($"'{text}' is no way to write a list. Give table, wide, json or name.");
        return default;
    }

    private Command Top()
    {
        var command = new Command("top", "The group, live.");
        command.SetAction((parsed, _) => Faults.ReportAsync(voice, () => Interruption.RunAsync(stop => new Top(common.Read(parsed), AnsiConsole.Console).ShowAsync(stop))));
        return command;
    }
}

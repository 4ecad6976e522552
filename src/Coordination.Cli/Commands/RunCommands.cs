using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Coordination.Connecting;
using Coordination.Running;
using Coordination.Shell;

namespace Coordination.Commands;

/// <summary><c>run</c> and <c>elect</c>.</summary>
internal sealed class RunCommands(CommonOptions common, string[]? command, Voice voice)
{
    private readonly Option<TimeSpan> _killAfter = Times.Option("--kill-after", "How long a command whose lock is lost has between SIGTERM and SIGKILL at most; never longer than it takes until others can have the lock.", TimeSpan.FromSeconds(5));
    private readonly Option<TimeSpan> _settle = Times.Option("--settle", "How long the lock is held before the command begins, so that the command of a killed predecessor is surely dead.", TimeSpan.FromSeconds(1));
    private readonly Option<TimeSpan> _lease = Times.Positive("--lease", "How long the server keeps the lock without hearing from us. A tenth of it lies between SIGTERM and SIGKILL.", TimeSpan.FromSeconds(10));

    public Command Run()
    {
        Argument<string> name = new("NAME") { Description = "The lock." };
        var wait = Times.Optional("--wait", "How long to wait for the lock; for ever by default.");
        Option<bool> noWait = new("--no-wait") { Description = "Do not wait: end with 75 when somebody has it." };
        Option<bool> shared = new("--shared") { Description = "A shared lock: others may share it, and nobody has it alone meanwhile." };
        Option<int> conflict = new("--conflict-exit-code", "-E")
        {
            Description = "What to end with when the lock was not acquired.",
            HelpName = "0-255",
            DefaultValueFactory = static _ => ExitCodes.NotAcquired,
            CustomParser = ParseCode,
        };
        var run = new Command("run", "Runs a command while a lock is held, and ends with its exit code: coordination run NAME -- CMD ARGS")
        {
            name, wait, noWait, shared, conflict, _killAfter, _settle, _lease,
        };
        run.Validators.Add(result =>
        {
            if (result.GetResult(wait) is { Implicit: false } && result.GetValue(noWait))
            {
                result.AddError("--wait and --no-wait exclude each other.");
            }
        });
        run.SetAction((parsed, _) => Faults.ReportAsync(voice, () =>
        {
            var request = Read(parsed, parsed.GetValue(name)!) with
            {
                Wait = parsed.GetValue(noWait) ? TimeSpan.Zero : parsed.GetValue(wait),
                Mode = parsed.GetValue(shared) ? LockMode.Shared : LockMode.Exclusive,
                ConflictExitCode = parsed.GetValue(conflict),
            };
            return new Runner(PlaceOf(parsed), request, voice).RunAsync();
        }));
        return run;
    }

    public Command Elect()
    {
        Argument<string> role = new("ROLE") { Description = "The role." };
        var elect = new Command("elect", "Comes into the group, waits until it leads a role, and runs a command meanwhile: coordination elect ROLE -- CMD ARGS")
        {
            role, _killAfter, _settle, _lease,
        };
        elect.SetAction((parsed, _) => Faults.ReportAsync(voice, () => new Runner(PlaceOf(parsed), Read(parsed, parsed.GetValue(role)!), voice).ElectAsync()));
        return elect;
    }

    private Place PlaceOf(ParseResult parsed) => common.Read(parsed) with { LeaseTime = parsed.GetValue(_lease) };

    private RunRequest Read(ParseResult parsed, string name)
    {
        if (command is not { Length: > 0 })
        {
            throw CliFault.Usage($"No command is given. Write it after two dashes: coordination {parsed.CommandResult.Command.Name} {name} -- CMD ARGS");
        }

        return new RunRequest
        {
            Name = Names.Read(name).ToString(),
            Command = command,
            KillAfter = parsed.GetValue(_killAfter),
            Settle = parsed.GetValue(_settle),
        };
    }

    private static int ParseCode(ArgumentResult result)
    {
        if (byte.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            return code;
        }

        result.AddError($"'{result.Tokens[0].Value}' is no exit code. Give a number from 0 to 255.");
        return ExitCodes.Usage;
    }
}

using System.CommandLine;
using Coordination.Connecting;
using Coordination.Shell;

namespace Coordination.Commands;

/// <summary>All commands and their options.</summary>
internal static class CommandTree
{
    /// <summary>Does what was asked for.</summary>
    /// <param name="arguments">What stood before the <c>--</c>.</param>
    /// <param name="command">What stood after it; null without one.</param>
    /// <param name="voice">Where to speak.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> InvokeAsync(string[] arguments, string[]? command, Voice voice)
    {
        var parsed = Parse(arguments, command, voice);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                voice.Remark(error.Message);
            }

            voice.Remark("coordination --help, or coordination COMMAND --help, says what there is.");
            return ExitCodes.Usage;
        }

        // Signals are heard by those commands that know what to do with them.
        var settings = new InvocationConfiguration { Output = voice.Results, Error = voice.Remarks, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        return await Faults.ReportAsync(voice, () => parsed.InvokeAsync(settings)).ConfigureAwait(false);
    }

    public static ParseResult Parse(string[] arguments, string[]? behind, Voice voice)
    {
        var common = new CommonOptions();
        var run = new RunCommands(common, behind, voice);
        var root = new RootCommand("Runs a command on one machine at a time, and shows and serves the groups of Coordination.Hosting.") { run.Run(), run.Elect() };
        foreach (var command in new ReadCommands(common, voice).All().Concat(new OperateCommands(common, voice).All()))
        {
            root.Subcommands.Add(command);
        }

        common.AddTo(root);

        // An argument that begins with @ is an argument, and not a file of arguments.
        return root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }
}

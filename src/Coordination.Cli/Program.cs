using Coordination.Commands;
using Coordination.Running;
using Coordination.Shell;

namespace Coordination;

/// <summary>The command <c>coordination</c>.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        // Before anything else is loaded: the guard is started between the grant of a lock and the command that it is for.
        if (arguments is [GuardProgram.Verb, ..])
        {
            return GuardProgram.Run(arguments);
        }

        var (options, command) = CommandSplit.Of(arguments);
        return await CommandTree.InvokeAsync(options, command, Voice.Standard).ConfigureAwait(false);
    }
}

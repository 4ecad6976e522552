using Coordination.Shell;
using Microsoft.Extensions.Options;

namespace Coordination.Connecting;

/// <summary>Which exit code an exception means, and what is said of it.</summary>
internal static class Faults
{
    /// <summary>Does the work of a command and turns what it throws into a line on standard error and a code.</summary>
    public static async Task<int> ReportAsync(Voice voice, Func<Task<int>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var (code, text) = Read(e);
            voice.Remark(text);
            return code;
        }
    }

    /// <summary>Whether it may be over by itself while somebody watches: a server that restarts, or that is a standby until it is promoted.</summary>
    public static bool MayPass(Exception fault, out string text)
    {
        (var code, text) = Read(fault);
        return code is ExitCodes.Unavailable or ExitCodes.Configuration or ExitCodes.Negative;
    }

    public static (int Code, string Text) Read(Exception fault) => fault switch
    {
        CliFault cli => (cli.ExitCode, cli.Message),
        OptionsValidationException options => (ExitCodes.Configuration, string.Join(' ', options.Failures)),
        CoordinationConfigurationException => (ExitCodes.Configuration, fault.Message),
        CoordinationUnavailableException { IsUnknownGroup: true } => (ExitCodes.Negative, fault.Message),
        CoordinationUnavailableException => (ExitCodes.Unavailable, fault.Message),
        LockLostException => (ExitCodes.Lost, fault.Message),
        NotSupportedException => (ExitCodes.Configuration, fault.Message),
        OperationCanceledException => (ExitCodes.OfSignal(2), "Interrupted."),
        _ => (ExitCodes.Internal, $"{fault.GetType().Name}: {fault.Message}"),
    };
}

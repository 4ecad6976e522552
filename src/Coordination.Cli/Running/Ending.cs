using System.Globalization;
using Coordination.Shell;

namespace Coordination.Running;

/// <summary>How a command under a lock came to its end: with which code that is told, and in which words. Pure.</summary>
internal readonly record struct Ending
{
    private const int LastSignal = 64;

    /// <summary>Whether the command was let begin.</summary>
    public required bool HasBegun { get; init; }

    /// <summary>The signal that came before it had; 0 for none.</summary>
    public int Signal { get; init; }

    /// <summary>Whether the command was ended because its lock could not be believed in any more.</summary>
    public bool IsLost { get; init; }

    /// <summary>Whether the lock was ours until it was given back.</summary>
    public bool IsHeld { get; init; }

    /// <summary>What the guard ended with, which is the command's own code; null when it was not awaited.</summary>
    public int? Code { get; init; }

    /// <summary>Processes of the command that we must not end.</summary>
    public IReadOnlyList<int> Survivors { get; init; }

    /// <summary>Whether an exit code says that a signal was the end.</summary>
    public static bool IsDeath(int code) => code > ExitCodes.OfSignal(0) && code <= ExitCodes.OfSignal(LastSignal);

    /// <returns>The exit code, and what is said; null where the code says all.</returns>
    /// <param name="name">The lock.</param>
    /// <param name="lossReason">Why the lock was lost, if it was.</param>
    public (int Code, string? Words) Tell(string name, string lossReason) => this switch
    {
        { HasBegun: false, Signal: not 0 } => (ExitCodes.OfSignal(Signal), null),
        { HasBegun: false, IsHeld: true, IsLost: false, Code: { } code } =>
            (ExitCodes.Internal, Say($"The guard of the command ended ({code}) before the command began. Nothing was run under '{name}'; run it again.")),
        { HasBegun: false } => (ExitCodes.Lost, $"'{name}' was lost. {lossReason} The command had not begun."),
        { Survivors: { Count: > 0 } survivors } => (ExitCodes.Lost, Say(
            $"'{name}' was lost. {lossReason} The command could not be ended: of it there is left, as another user, process {string.Join(", ", survivors)}. It is at work without the lock: end it as that user or as root, and check what it has done.")),
        { IsLost: true } => (ExitCodes.Lost, $"'{name}' was lost. {lossReason} The command was ended; check what it has done."),
        { IsHeld: true, Code: { } code } => (code, null),
        { Code: { } code } when IsDeath(code) => (ExitCodes.Lost, Say(
            $"'{name}' was lost. {lossReason} The command was ended by signal {code - ExitCodes.OfSignal(0)}, and others may have had the lock before; check what it has done.")),
        _ => (ExitCodes.Lost, Say($"'{name}' was lost. {lossReason} The command had ended with {Code}, but others may have had the lock before; check what it has done.")),
    };

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

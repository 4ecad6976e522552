using System.Globalization;
using System.Runtime.InteropServices;

namespace Coordination.Running;

/// <summary>Hears the signals that are sent to this process, which then do nothing else to it.</summary>
internal sealed class SignalRelay : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <param name="signals">Which.</param>
    /// <param name="heard">Told of each, on a thread of the runtime's.</param>
    public SignalRelay(IEnumerable<int> signals, Action<int> heard)
    {
        var ignored = Ignored();
        foreach (var signal in signals)
        {
            // Whom nohup has started must go on ignoring it, and so must the command.
            if ((ignored & (1UL << (signal - 1))) == 0)
            {
                _registrations.Add(PosixSignalRegistration.Create(Name(signal), context =>
                {
                    context.Cancel = true;
                    heard(signal);
                }));
            }
        }
    }

    /// <summary>Those that mean something to a command; those that cannot be caught, and those of a fault, are not among them.</summary>
    public static IReadOnlyList<int> All { get; } = OperatingSystem.IsWindows()
        ? [Unix.SigHup, Unix.SigInt, Unix.SigQuit, Unix.SigTerm]
        : [Unix.SigHup, Unix.SigInt, Unix.SigQuit, Unix.SigUsr1, Unix.SigUsr2, Unix.SigTerm, Unix.SigWinch];

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(static registration => registration.Dispose());

    // The runtime knows four of them by names of its own, the others by their numbers.
    private static PosixSignal Name(int signal) => signal switch
    {
        Unix.SigHup => PosixSignal.SIGHUP,
        Unix.SigInt => PosixSignal.SIGINT,
        Unix.SigQuit => PosixSignal.SIGQUIT,
        Unix.SigTerm => PosixSignal.SIGTERM,
        _ => (PosixSignal)signal,
    };

    private static ulong Ignored()
    {
        const string Line = "SigIgn:";
        return OperatingSystem.IsLinux()
            && File.ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith(Line, StringComparison.Ordinal)) is { } line
            && ulong.TryParse(line.AsSpan(Line.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var mask)
                ? mask
                : 0;
    }
}

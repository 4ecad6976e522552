using Coordination.Running;
using Coordination.Shell;

namespace Coordination.Commands;

/// <summary>Ends a command in order when a signal comes, so that it leaves the terminal as it was.</summary>
internal static class Interruption
{
    private static readonly int[] Signals = [Unix.SigHup, Unix.SigInt, Unix.SigTerm];

    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> work)
    {
        using var stop = new CancellationTokenSource();
        var signal = 0;
        using var relay = new SignalRelay(Signals, heard =>
        {
            Interlocked.CompareExchange(ref signal, heard, 0);
            _ = stop.CancelAsync();
        });
        try
        {
            var code = await work(stop.Token).ConfigureAwait(false);
            return signal == 0 ? code : ExitCodes.OfSignal(signal);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.OfSignal(signal);
        }
    }
}

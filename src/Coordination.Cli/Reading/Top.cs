using Coordination.Connecting;
using Coordination.Shell;
using Spectre.Console;

namespace Coordination.Reading;

/// <summary>A group on a terminal, once a second, until somebody stops it.</summary>
internal sealed class Top(Place place, IAnsiConsole console)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A reading that takes as long is no news; later, what is shown is old, and that is said.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _time = TimeProvider.System;

    public async Task<int> ShowAsync(CancellationToken cancellationToken)
    {
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Ansi)
        {
            throw CliFault.Usage("top needs a terminal that can move its cursor (TERM says which it is). For a file, a pipe or another program: coordination members --watch -o json.");
        }

        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var report = await gate.ReadAsync(cancellationToken).ConfigureAwait(false);
        using var quit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var screen = new TopScreen(console, quit.Cancel);
        try
        {
            await FollowAsync(gate, screen, report, quit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (quit.IsCancellationRequested)
        {
            // That is how it ends.
        }

        return ExitCodes.Success;
    }

    private async Task FollowAsync(Gate gate, TopScreen screen, GroupReport report, CancellationToken cancellationToken)
    {
        Task<GroupReport>? reading = null;
        string? fault = null;
        var seen = _time.GetTimestamp();
        Show();
        using var pause = new PeriodicTimer(Pause, _time);
        while (await pause.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            // What is not answered in a second is still waited for, and the screen says so meanwhile.
            reading ??= gate.ReadAsync(cancellationToken);
            await Task.WhenAny(reading, Task.Delay(Pause, _time, cancellationToken)).ConfigureAwait(false);
            if (reading.IsCompleted)
            {
                try
                {
                    report = await reading.ConfigureAwait(false);
                    (fault, seen) = (null, _time.GetTimestamp());
                }
                catch (Exception e) when (Faults.MayPass(e, out var said))
                {
                    fault = PlainText.Of(Secrets.Hide(said));
                }

                reading = null;
            }

            Show();
        }

        void Show()
        {
            var (shown, note) = (report, Note(fault, _time.GetElapsedTime(seen)));
            screen.Show((width, height) => TopFrame.Draw(shown, note, width, height));
        }
    }

    private static string? Note(string? fault, TimeSpan age) =>
        fault is null && age < Fresh ? null : $"{fault ?? "The server does not answer."} This is how it was {PlainText.Age(age)} ago.";
}

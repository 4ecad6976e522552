using Coordination.Connecting;
using Coordination.Shell;

namespace Coordination.Running;

/// <summary>Runs a command while a lock is held, or a role is led, and answers with the command's exit code.</summary>
internal sealed class Runner(Place place, RunRequest request, Voice voice)
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly Lock _gate = new();
    private GuardedCommand? _command;
    private int _signal;
    private bool _isOver;

    /// <summary>Under a lock.</summary>
    public Task<int> RunAsync() => ExecuteAsync(
        static options => options.CreateSchema = true,
        async (gate, stop) =>
        {
            var terms = new LockRequest { Timeout = request.Wait, Mode = request.Mode, Reason = $"coordination run {Path.GetFileName(request.Command[0])}" };
            return Tenure.Of(await gate.Locks.AcquireAsync(request.Name, terms, stop).ConfigureAwait(false));
        });

    /// <summary>As the leader of a role, which takes a member of the group.</summary>
    public Task<int> ElectAsync() => ExecuteAsync(
        static options => (options.CreateSchema, options.Observe, options.CrashWatch) = (true, false, true),
        async (gate, stop) => Tenure.Of(await gate.Election.CampaignAsync(request.Name, stop).ConfigureAwait(false)));

    private async Task<int> ExecuteAsync(Action<CoordinationOptions> options, Func<Gate, CancellationToken, Task<Tenure>> acquire)
    {
        var program = ProgramFinder.Find(request.Command[0], Environment.GetEnvironmentVariable("PATH"));
        var gate = Gate.To(place, options);
        await using var closing = gate.ConfigureAwait(false);
        using var signals = new SignalRelay(SignalRelay.All, Heard);
        try
        {
            await gate.EnterAsync(_interrupted.Token).ConfigureAwait(false);
            var tenure = await acquire(gate, _interrupted.Token).ConfigureAwait(false);
            return await RunUnderAsync(gate, tenure, program).ConfigureAwait(false);
        }
        catch (LockTimeoutException e)
        {
            voice.Remark(e.Message);
            return request.ConflictExitCode;
        }
        catch (OperationCanceledException) when (_interrupted.IsCancellationRequested)
        {
            return ExitCodes.OfSignal(_signal); // the command has not begun
        }
    }

    private async Task<int> RunUnderAsync(Gate gate, Tenure tenure, string program)
    {
        Ending ending;
        using (var command = GuardedCommand.Start(tenure, program, [.. request.Command.Skip(1)], place.LeaseTime, request.KillAfter))
        {
            // A predecessor whose process was killed has lost the lock in that instant, and its guard is only about to end its command.
            // One whose session the server has ended learns of it within a second.
            using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(_interrupted.Token, tenure.Lost))
            {
                await Task.WhenAny(command.Ended, Task.Delay(request.Settle, TimeProvider.System, waiting.Token)).ConfigureAwait(false);
            }

            // A guard that has ended by now has run nothing.
            var hasBegun = !command.Ended.IsCompleted && TryBegin(command, tenure);
            int? code = hasBegun || command.Ended.IsCompleted ? await command.Ended.ConfigureAwait(false) : null;
            ending = new Ending { HasBegun = hasBegun, Signal = _signal, Code = code, IsLost = command.IsLost, Survivors = command.Survivors };
            Forget();
        }

        // Given back when nothing of the command is left, and not before.
        ending = ending with { IsHeld = await tenure.GiveBackAsync().ConfigureAwait(false) };
        var (told, words) = ending.Tell(tenure.Name, gate.Inspector.Self.LostLocks is [var lost, ..] ? lost.Reason
            : ending.IsHeld ? "No heartbeat was answered in time to be sure of it."
            : "The server does not know of it any more.");
        if (words is not null)
        {
            voice.Remark(words);
        }

        return told;
    }

    /// <summary>What comes from now on is for nobody.</summary>
    private void Forget()
    {
        lock (_gate)
        {
            _command = null;
            _isOver = true;
        }
    }

    private bool TryBegin(GuardedCommand command, Tenure tenure)
    {
        lock (_gate)
        {
            // Believed as well: whoever was frozen gets here before the notice of its loss does.
            if (_interrupted.IsCancellationRequested || tenure.Lost.IsCancellationRequested || tenure.Believed() <= TimeSpan.Zero)
            {
                return false;
            }

            command.Begin();
            _command = command;
            return true;
        }
    }

    private void Heard(int signal)
    {
        lock (_gate)
        {
            if (_command is { } command)
            {
                command.Forward(signal);
            }
            else if (!_isOver && signal is Unix.SigHup or Unix.SigInt or Unix.SigQuit or Unix.SigTerm)
            {
                _signal = _signal == 0 ? signal : _signal;
                _interrupted.CancelAsync();
            }
        }
    }
}

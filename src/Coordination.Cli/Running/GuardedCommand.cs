using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using Coordination.Shell;

namespace Coordination.Running;

/// <summary>A command under a lock, seen from the process that holds the lock.</summary>
/// <remarks>
/// Three threads of its own, because a starved pool must not delay a kill: one compares the lease with the clock and ends the command in time, one
/// writes to the guard (a frozen guard may block it, and nobody else), one waits for the end.
/// </remarks>
internal sealed class GuardedCommand : IDisposable
{
    private const int LastSignal = 64;

    private static readonly TimeSpan Pulse = TimeSpan.FromMilliseconds(50);
    private static readonly long Grain = TimeProvider.System.TimestampFrequency / 100;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Tenure _tenure;
    private readonly TimeSpan _leaseTime;
    private readonly TimeSpan _killAfter;
    private readonly bool _isApart = !OperatingSystem.IsWindows() && !Unix.IsForeground;
    private readonly BlockingCollection<GuardLine> _lines = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out, HandleInheritability.Inheritable);
    private readonly IReadOnlyList<int> _others = Orphans.Children();
    private readonly Process _guard;
    private readonly CancellationTokenRegistration _registration;
    private readonly Thread _tending;
    private volatile bool _isOver;
    private volatile bool _isLost;
    private long _believedUntil;

    private GuardedCommand(Tenure tenure, string program, IReadOnlyList<string> arguments, TimeSpan leaseTime, TimeSpan killAfter)
    {
        (_tenure, _leaseTime, _killAfter) = (tenure, leaseTime, killAfter);
        Unix.AdoptOrphans();
        _guard = Process.Start(Describe(program, arguments)) ?? throw new InvalidOperationException("The guard did not start.");
        _pipe.DisposeLocalCopyOfClientHandle(); // or the guard could not see our end
        Renew();
        StartThread(Write, "coordination guard's news");
        StartThread(Await, "coordination command");
        _tending = StartThread(Tend, "coordination lease");
        _registration = tenure.Lost.UnsafeRegister(static state => ((AutoResetEvent)state!).Set(), _wake);
    }

    /// <summary>Completes with the exit code when nothing of the command is left.</summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>Whether the lock was lost before the command had ended.</summary>
    public bool IsLost => _isLost;

    /// <summary>Starts a guard; the command waits for <see cref="Begin"/>.</summary>
    public static GuardedCommand Start(Tenure tenure, string program, IReadOnlyList<string> arguments, TimeSpan leaseTime, TimeSpan killAfter) =>
        new(tenure, program, arguments, leaseTime, killAfter);

    /// <summary>Lets the command begin.</summary>
    public void Begin() => _lines.Add(GuardLine.Go);

    /// <summary>Passes a signal on to the command and, away from a terminal, to all that it has started.</summary>
    /// <param name="signal">Which.</param>
    public void Signal(int signal)
    {
        if (_isOver)
        {
            return;
        }

        if (!_isApart)
        {
            _lines.Add(GuardLine.Signal(signal));
        }
        else
        {
            // The guard may not have left our group yet; then it is told itself, and keeps it for the command.
            _ = Unix.Kill(-_guard.Id, signal) == 0 ? 0 : Unix.Kill(_guard.Id, signal);
        }
    }

    /// <summary>Passes a signal on that this process got, unless the command got it too.</summary>
    public void Forward(int signal)
    {
        // At a terminal the keyboard and the window speak to the whole group.
        if (_isApart || signal is not (Unix.SigInt or Unix.SigQuit or Unix.SigWinch))
        {
            Signal(signal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _registration.Unregister();
        _lines.CompleteAdding();
        _wake.Set();
        _tending.Join(); // it may be about to kill
        _pipe.Dispose();
        _guard.Dispose();
    }

    private ProcessStartInfo Describe(string program, IReadOnlyList<string> arguments)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        var start = new ProcessStartInfo(self);
        if (Path.GetFileNameWithoutExtension(self) is "dotnet")
        {
            start.ArgumentList.Add(typeof(GuardedCommand).Assembly.Location);
        }

        foreach (var argument in (string[])[GuardProgram.Verb, _pipe.GetClientHandleAsString(), _isApart ? GuardProgram.Apart : GuardProgram.Along, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["COORDINATION_LOCK"] = _tenure.Name;
        start.Environment["COORDINATION_TOKEN"] = _tenure.Token.Value.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    private void Tend()
    {
        while (!_isOver)
        {
            if (_tenure.Lost.IsCancellationRequested || Renew() <= KillTime.Window(_leaseTime))
            {
                Lose();
                return;
            }

            _wake.WaitOne(Pulse);
        }
    }

    /// <returns>What is left of our belief. A lease that is over renews nothing: its end must not move to now.</returns>
    private TimeSpan Renew()
    {
        // First the clock: an instant between the two looks makes the lease shorter, not longer.
        var now = _time.GetTimestamp();
        var believed = _tenure.Believed();
        var until = now + Ticks(believed);
        if (believed > TimeSpan.Zero && until > _believedUntil + Grain)
        {
            _believedUntil = until;
            _lines.Add(GuardLine.Until(until));
        }

        return believed;
    }

    private void Lose()
    {
        _isLost = true;
        Signal(Unix.SigTerm);
        var now = _time.GetTimestamp();
        var end = now + Ticks(KillTime.After(_tenure.Lost.IsCancellationRequested, _time.GetElapsedTime(now, _believedUntil), _killAfter));
        for (var left = end - now; !_isOver && left > 0 && !_tenure.Lost.IsCancellationRequested; left = end - _time.GetTimestamp())
        {
            _wake.WaitOne(_time.GetElapsedTime(0, left) + TimeSpan.FromMilliseconds(1));
        }

        if (!_isOver)
        {
            Kill();
        }
    }

    /// <summary>Ends the guard, the command, and all that it has started.</summary>
    private void Kill()
    {
        if (_isApart)
        {
            _ = Unix.Kill(-_guard.Id, Unix.SigKill);
        }

        _guard.Kill(entireProcessTree: true);
    }

    private void Await()
    {
        _guard.WaitForExit();
        var code = _guard.ExitCode;
        _isOver = true;
        _wake.Set();
        if (_isLost || (code > ExitCodes.OfSignal(0) && code <= ExitCodes.OfSignal(LastSignal)))
        {
            // It did not end by itself, so it has cleared nothing away: the next one must find nobody.
            if (_isApart)
            {
                _ = Unix.Kill(-_guard.Id, Unix.SigKill); // a group's number is not given away while one of it lives
            }

            Orphans.End(_others);
        }

        _ended.SetResult(code);
    }

    private void Write()
    {
        try
        {
            using var lines = new StreamWriter(_pipe, leaveOpen: true) { AutoFlush = true };
            foreach (var line in _lines.GetConsumingEnumerable())
            {
                lines.Write($"{line}\n");
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The guard has ended; whoever waits for that knows what to do.
        }
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private static Thread StartThread(ThreadStart work, string name)
    {
        var thread = new Thread(work) { IsBackground = true, Name = name };
        thread.UnsafeStart();
        return thread;
    }
}

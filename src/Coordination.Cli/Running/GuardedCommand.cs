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
    private static readonly TimeSpan Pulse = TimeSpan.FromMilliseconds(50);
    private static readonly long Grain = TimeProvider.System.TimestampFrequency / 100;

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Tenure _tenure;
    private readonly TimeSpan _leaseTime;
    private readonly TimeSpan _killAfter;
    private readonly bool _isApart = !OperatingSystem.IsWindows() && !Unix.IsForeground;
    private readonly BlockingCollection<GuardLine> _lines = [];
    private readonly Lock _telling = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out, HandleInheritability.Inheritable);
    private readonly IReadOnlyList<int> _others = Orphans.Children();
    private readonly Process _guard;
    private readonly CommandGroup _group;
    private readonly CancellationTokenRegistration _registration;
    private readonly Thread _tending;
    private readonly Thread _awaiting;
    private volatile bool _isOver;
    private volatile bool _isLost;
    private volatile Exception? _fault;
    private volatile IReadOnlyList<int> _survivors = [];
    private long _believedUntil;

    private GuardedCommand(Tenure tenure, string program, IReadOnlyList<string> arguments, TimeSpan leaseTime, TimeSpan killAfter)
    {
        (_tenure, _leaseTime, _killAfter) = (tenure, leaseTime, killAfter);
        Unix.AdoptOrphans();
        _guard = Process.Start(Describe(program, arguments)) ?? throw new InvalidOperationException("The guard did not start.");
        _group = new CommandGroup(_guard, _isApart);
        _pipe.DisposeLocalCopyOfClientHandle(); // or the guard could not see our end
        Renew();
        StartThread(Write, "coordination guard's news");
        _tending = StartThread(() => OrKill(Tend), "coordination lease");
        _awaiting = StartThread(Await, "coordination command");
        _registration = tenure.Lost.UnsafeRegister(static state => ((AutoResetEvent)state!).Set(), _wake);
    }

    /// <summary>Completes with the exit code when nothing of the command is left, but for <see cref="Survivors"/>.</summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>Whether the lock was lost before the command had ended.</summary>
    public bool IsLost => _isLost;

    /// <summary>What lives on without the lock: processes that run as somebody else, whom we must not end.</summary>
    public IReadOnlyList<int> Survivors => _survivors;

    /// <summary>Starts a guard; the command waits for <see cref="Begin"/>.</summary>
    public static GuardedCommand Start(Tenure tenure, string program, IReadOnlyList<string> arguments, TimeSpan leaseTime, TimeSpan killAfter) =>
        new(tenure, program, arguments, leaseTime, killAfter);

    /// <summary>Lets the command begin.</summary>
    public void Begin() => Tell(GuardLine.Go);

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
            Tell(GuardLine.Signal(signal));
        }
        else
        {
            _group.Signal(signal);
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
        _registration.Unregister();
        if (!_isOver)
        {
            _group.Kill(); // it has not begun; a guard that is frozen would not see the pipe's end
        }

        _awaiting.Join(); // and with it whoever may be about to kill
        lock (_telling)
        {
            _lines.CompleteAdding();
        }

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
            Orphans.Reap(_guard.Id);
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
            Tell(GuardLine.Until(until));
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
            _group.Kill();
        }
    }

    private void Await()
    {
        var code = ExitCodes.Internal;
        OrKill(() =>
        {
            _guard.WaitForExit();
            code = _guard.ExitCode;
            _isOver = true;
            _wake.Set();
            _tending.Join(); // from here on nobody else clears away children of ours, or kills
            if (_isLost || _fault is not null || Ending.IsDeath(code))
            {
                // It did not end by itself, so it has cleared nothing away: the next one must find nobody.
                _group.KillRest();
                _survivors = Orphans.End(_others, AwaitForbidden);
            }
        });
        _isOver = true;
        if (_fault is { } fault)
        {
            _ended.SetException(fault);
        }
        else
        {
            _ended.SetResult(code);
        }
    }

    /// <summary>While the lock is ours, nobody gets it before the last of the command is gone; when it is lost, waiting helps nobody.</summary>
    private bool AwaitForbidden(IReadOnlyList<int> living)
    {
        _survivors = living;
        return !_tenure.Lost.WaitHandle.WaitOne(Pulse) && _tenure.Believed() > TimeSpan.Zero;
    }

    /// <summary>A fault of ours must not end this process, whose end would leave the rest to the guard alone; the command ends, and it is said.</summary>
    private void OrKill(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _fault = e;
            _group.Kill();
        }
    }

    private void Tell(GuardLine line)
    {
        lock (_telling)
        {
            if (!_lines.IsAddingCompleted)
            {
                _lines.Add(line);
            }
        }
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

using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Coordination.Shell;
using Microsoft.Win32.SafeHandles;

namespace Coordination.Running;

/// <summary>The process between us and the command: it ends the command when we cannot.</summary>
/// <remarks>
/// It runs the command in a process group of its own, and knows two things, both by a pipe: until when nobody else can have the lock, and,
/// by the pipe's end, that the process which holds the lock is dead. In either case it kills the group, itself included: one call, and the
/// kernel leaves nobody out. So a frozen or killed holder needs nobody's help, and a frozen or killed guard is the holder's affair.
/// At a terminal everybody stays in the terminal's group, or the command could not read from it; then the tree of processes is killed.
/// </remarks>
internal sealed class GuardProgram
{
    public const string Verb = "__guard";

    /// <summary>Of <c>__guard</c>: in a group of its own.</summary>
    public const string Apart = "apart";

    /// <summary>Of <c>__guard</c>: in the group of the terminal.</summary>
    public const string Along = "along";

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly object _gate = new();
    private readonly ConcurrentQueue<int> _pending = [];
    private bool _isApart;
    private volatile Process? _command;
    private long _until;
    private bool _isGo;
    private bool _isOver;

    private GuardProgram(bool isApart) => _isApart = isApart;

    /// <summary><c>__guard PIPE apart|along PROGRAM ARGUMENTS…</c></summary>
    public static int Run(string[] arguments)
    {
        if (arguments is not [_, var pipe, var mode, var program, ..] || !int.TryParse(pipe, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor))
        {
            return ExitCodes.Usage;
        }

        return new GuardProgram(mode == Apart).Guard(descriptor, program, arguments[4..]);
    }

    private int Guard(int descriptor, string program, string[] arguments)
    {
        // Refused, we would still be in the group of whoever started us, and kill that.
        _isApart = _isApart && !OperatingSystem.IsWindows() && Unix.SetGroup(0, 0) == 0;

        // What the group is told is for the command. Whoever comes before it has begun is kept for it.
        using var signals = new SignalRelay(SignalRelay.All, Heard);
        StartThread(() => Listen(descriptor), "coordination guard");
        StartThread(Watch, "coordination deadline");
        lock (_gate)
        {
            while (!_isGo)
            {
                Monitor.Wait(_gate);
            }
        }

        try
        {
            return Command(program, arguments);
        }
        catch (Exception e)
        {
            return Fail(e);
        }
    }

    /// <summary>A guard that fails leaves no command behind, whatever becomes of the holder.</summary>
    private int Fail(Exception fault)
    {
        Console.Error.WriteLine($"coordination: the guard of the command failed, and ends it. {fault.GetType().Name}: {fault.Message}");
        if (_command is not null)
        {
            End();
        }

        return ExitCodes.Internal;
    }

    private int Command(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            lock (_gate)
            {
                // Also whoever was frozen between the word and this line.
                if (_time.GetTimestamp() >= _until)
                {
                    End();
                }

                Unix.HearBrokenPipes();
                _command = Process.Start(start);
                PassPending();
            }
        }
        catch (Win32Exception e)
        {
            Console.Error.WriteLine($"coordination: '{program}' cannot be executed: {e.Message}.");
            return e.NativeErrorCode == 2 ? ExitCodes.NotFound : ExitCodes.CannotExecute;
        }

        _command!.WaitForExit();
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }

        return _command.ExitCode; // 128 + n where a signal ended it
    }

    private void Heard(int signal)
    {
        // Not under the gate, which is held while the command is being started: a signal of that moment reached no command yet, and
        // would find one when the gate is free. The second look is for whoever came between the start and its passing on.
        if (_command is null)
        {
            _pending.Enqueue(signal);
            if (_command is not null)
            {
                lock (_gate)
                {
                    PassPending();
                }
            }
        }
    }

    private void PassPending()
    {
        while (_pending.TryDequeue(out var signal))
        {
            Pass(signal);
        }
    }

    private void Pass(int signal)
    {
        if (_command is { HasExited: false } command)
        {
            // Windows has no signals for others; what the keyboard says, all at a console hear by themselves.
            if (OperatingSystem.IsWindows())
            {
                command.Kill(entireProcessTree: true);
            }
            else
            {
                _ = Unix.Kill(command.Id, signal);
            }
        }
    }

    private void Listen(int descriptor)
    {
        // Opened anew: the descriptor that was inherited would go on to the command. Ours closes with an exec.
        using (var lines = new StreamReader(Reopen(descriptor)))
        {
            while (lines.ReadLine() is { } line)
            {
                if (GuardLine.Parse(line) is { } told)
                {
                    Take(told);
                }
            }
        }

        lock (_gate)
        {
            if (!_isOver)
            {
                End(); // the holder is dead
            }
        }
    }

    private void Take(GuardLine told)
    {
        lock (_gate)
        {
            switch (told.Verb)
            {
                case GuardVerb.Until:
                    _until = told.Value;
                    break;
                case GuardVerb.Go:
                    _isGo = true;
                    break;
                case GuardVerb.Signal when _command is null:
                    _pending.Enqueue((int)told.Value);
                    break;
                default:
                    Pass((int)told.Value);
                    break;
            }

            Monitor.PulseAll(_gate);
        }
    }

    private void Watch()
    {
        lock (_gate)
        {
            while (!_isOver)
            {
                var left = !_isGo ? LongestWait : _time.GetElapsedTime(_time.GetTimestamp(), _until);
                if (left <= TimeSpan.Zero)
                {
                    End();
                }

                Monitor.Wait(_gate, left < LongestWait ? left + TimeSpan.FromMilliseconds(1) : LongestWait);
            }
        }
    }

    /// <summary>Ends the command and everything that it has started; does not return.</summary>
    private void End()
    {
        if (_isApart)
        {
            _ = Unix.Kill(-Unix.OwnGroup(), Unix.SigKill);
        }

        try
        {
            _command?.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is Win32Exception or AggregateException or InvalidOperationException)
        {
            // It runs as somebody else, who alone may end it, or it is over. The holder, if there is one, says so.
        }

        Environment.Exit(ExitCodes.OfSignal(Unix.SigKill));
    }

    private static FileStream Reopen(int descriptor)
    {
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        }

        using var inherited = new SafeFileHandle(descriptor, ownsHandle: true);
        return new FileStream(string.Create(CultureInfo.InvariantCulture, $"/dev/fd/{descriptor}"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
    }

    private void StartThread(Action work, string name) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            Environment.Exit(Fail(e));
        }
    }) { IsBackground = true, Name = name }.UnsafeStart();
}

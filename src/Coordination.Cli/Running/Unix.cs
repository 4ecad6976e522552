using System.Runtime.InteropServices;

namespace Coordination.Running;

/// <summary>What the operating system is asked and .NET does not.</summary>
internal static partial class Unix
{
    public const int SigHup = 1;
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigWinch = 28;

    private const int SigPipe = 13;
    private const nint DefaultHandler = 0;
    private const int SetChildSubreaper = 36;
    private const int StandardInput = 0;
    private const int NotPermitted = 1;

    // Of waitid, whose answer begins with the signal's number, an error, a code, and, where the machine's words are wide enough, a gap.
    private const int NoHang = 1;
    private const int AnyProcess = 0;
    private const int OneProcess = 1;
    private const int InformationSize = 128;

    private static int Exited => 4;

    private static int LeaveIt => OperatingSystem.IsLinux() ? 0x01000000 : 0x20;

    public static int SigUsr1 => OperatingSystem.IsLinux() ? 10 : 30;

    public static int SigUsr2 => OperatingSystem.IsLinux() ? 12 : 31;

    /// <summary>Whether a person at a terminal sits before us: then signals of the keyboard go to all of our group by themselves.</summary>
    public static bool IsForeground => !OperatingSystem.IsWindows() && ForegroundOf(StandardInput) == OwnGroup();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processOrGroup, int signal);

    /// <summary>Sends a signal, and says whether the system forbids it: the process runs as somebody else.</summary>
    public static bool IsForbidden(int process, int signal) => Kill(process, signal) != 0 && Marshal.GetLastPInvokeError() == NotPermitted;

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    public static partial int OwnGroup();

    [LibraryImport("libc", EntryPoint = "getpgid", SetLastError = true)]
    public static partial int GroupOf(int process);

    [LibraryImport("libc", EntryPoint = "setpgid", SetLastError = true)]
    public static partial int SetGroup(int process, int group);

    /// <summary>Orphans of our descendants become our children, so that the end of each can be awaited. Linux only.</summary>
    public static void AdoptOrphans()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Control(SetChildSubreaper, 1, 0, 0, 0);
        }
    }

    /// <summary>
    /// The runtime ignores SIGPIPE, and what is ignored stays ignored in a command that is started: <c>yes | head</c> would complain instead of ending.
    /// </summary>
    public static void HearBrokenPipes()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetHandler(SigPipe, DefaultHandler);
        }
    }

    /// <summary>Waits for the end of one child.</summary>
    public static void AwaitEnd(int child) => _ = Wait(child, out _, 0);

    /// <summary>Clears away one child, if it has ended.</summary>
    /// <returns>Whether it is gone.</returns>
    public static bool Reap(int child) => Wait(child, out _, NoHang) != 0;

    /// <summary>Whether it is our child and nobody has waited for its end: only so long is its number nobody else's.</summary>
    public static bool IsUnreaped(int child) => WaitFor(OneProcess, child, new byte[InformationSize], Exited | NoHang | LeaveIt) == 0;

    /// <summary>A child that has ended and that nobody has waited for; 0 when there is none. Linux only.</summary>
    public static int Ended()
    {
        var information = new byte[InformationSize];
        return WaitFor(AnyProcess, 0, information, Exited | NoHang | LeaveIt) == 0 ? BitConverter.ToInt32(information, IntPtr.Size == 8 ? 16 : 12) : 0;
    }

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp", SetLastError = true)]
    private static partial int ForegroundOf(int terminal);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint one, nuint two, nuint three, nuint four);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int Wait(int process, out int status, int options);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitFor(int kind, int process, [Out] byte[] information, int options);
}

using System.Runtime.InteropServices;

namespace Coordination.Shell;

/// <summary>Whether somebody still reads what we write: the runtime drops what is written to a closed pipe, and says nothing.</summary>
internal static partial class Pipe
{
    private const int StandardOutput = 1;
    private const short Fault = 0x08;
    private const short HungUp = 0x10;

    /// <summary>Whether the reader of standard output has gone: <c>| head -1</c> has its line.</summary>
    public static bool IsOutputClosed
    {
        get
        {
            var asked = new Asked { Descriptor = StandardOutput };
            return !OperatingSystem.IsWindows() && Poll(ref asked, 1, 0) > 0 && (asked.Seen & (Fault | HungUp)) != 0;
        }
    }

    // The count is a long on Linux and an int elsewhere: one fits both.
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Asked asked, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Asked
    {
        public int Descriptor;
        public short Wanted;
        public short Seen;
    }
}

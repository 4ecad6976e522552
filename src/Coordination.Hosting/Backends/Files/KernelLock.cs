using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Coordination.Backends.Files;

/// <summary>An exclusive lock of the operating system on a file: free the instant its process is gone, however that ended.</summary>
/// <remarks>
/// It belongs to this open file and not to the process: two of them in one process exclude each other as well. The framework's own
/// locks will not do on Unix: opening a file for sharing already takes a shared lock on it there, and the one on ranges belongs to the process.
/// </remarks>
internal sealed partial class KernelLock : IDisposable
{
    private const int ReadWrite = 2;
    private const int NoEntry = 2;
    private const int Interrupted = 4;
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int NoWait = 4;
    private const int Release = 8;
    private const uint FailImmediately = 1;

    private readonly SafeFileHandle? _file;
    private readonly FileStream? _stream;

    private KernelLock(SafeFileHandle file) => _file = file;

    private KernelLock(FileStream stream) => _stream = stream;

    private static int CloseOnExecute => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>Opens the file, and creates it if need be; locks nothing yet.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static KernelLock Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return new KernelLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
        }

        while (true)
        {
            if (OpenExisting(path) is { } opened)
            {
                return opened;
            }

            Create(path);
        }
    }

    /// <summary>Whether anybody has the lock of this file now; null when there is no such file: whoever had it may have it still.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static bool? IsHeld(string path)
    {
        // Shared: of two that look at once, neither must take the other for the holder.
        using var probe = OpenExisting(path);
        return probe is null ? null : !probe.TryShare();
    }

    /// <summary>Takes the lock if nobody has it.</summary>
    public bool TryTake()
    {
        if (_stream is { } stream && OperatingSystem.IsWindows())
        {
            return TryTake(stream);
        }

        return TryTake(Exclusive);
    }

    /// <summary>Takes it together with others that share it, if nobody has it alone.</summary>
    public unsafe bool TryShare()
    {
        if (_stream is not { } stream)
        {
            return TryTake(Shared);
        }

        var first = default(NativeOverlapped);
        return LockFile(stream.SafeFileHandle, FailImmediately, reserved: 0, lengthLow: 1, lengthHigh: 0, &first);
    }

    /// <summary>Gives it back.</summary>
    public void GiveBack()
    {
        if (_stream is { } stream && OperatingSystem.IsWindows())
        {
            stream.Unlock(0, 1);
        }
        else
        {
            _ = Flock(_file!, Release);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file?.Dispose();
        _stream?.Dispose();
    }

    private static KernelLock? OpenExisting(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.Exists(path) ? Open(path) : null;
        }

        while (true)
        {
            var file = OpenFile(path, ReadWrite | CloseOnExecute);
            if (file >= 0)
            {
                return new KernelLock(new SafeFileHandle(file, ownsHandle: true));
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == NoEntry)
            {
                return null;
            }

            if (error != Interrupted)
            {
                throw new IOException($"'{path}' cannot be opened for reading and writing: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }
    }

    private bool TryTake(int how)
    {
        while (Flock(_file!, how | NoWait) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryTake(FileStream stream)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                stream.Lock(0, 1);
            }

            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Create(string path)
    {
        try
        {
            new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
        }
        catch (IOException) when (File.Exists(path))
        {
            // Somebody else was quicker.
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("kernel32", EntryPoint = "LockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool LockFile(SafeFileHandle file, uint flags, uint reserved, uint lengthLow, uint lengthHigh, NativeOverlapped* first);
}

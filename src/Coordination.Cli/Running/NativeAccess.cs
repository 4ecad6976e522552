using System.Runtime.InteropServices;

namespace Coordination.Running;

/// <summary>What this user may do with a file: permissions, access lists and mount options together, as only the system knows.</summary>
internal static partial class NativeAccess
{
    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Check(string path, int mode);
}

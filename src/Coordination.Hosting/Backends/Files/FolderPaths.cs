using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Coordination.Backends.Files;

/// <summary>What is called how in the folder.</summary>
/// <param name="Root">The folder.</param>
internal sealed record FolderPaths(string Root)
{
    /// <summary>Taken by whoever opens the folder or moves it to its next generation.</summary>
    public string Setup => Path.Combine(Root, "setup");

    public string Current => Path.Combine(Root, "current");

    public string Sessions => Path.Combine(Root, "sessions");

    /// <summary>The part of a group's name that stands in for it in file names and in the shared memory.</summary>
    public static long GroupOf(string name) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    public string Generation(FolderState state) => Path.Combine(Root, string.Create(CultureInfo.InvariantCulture, $"{state.Epoch}.{state.Generation}"));

    public string State(FolderState state) => Path.Combine(Generation(state), "state");

    public string Mutex(FolderState state) => Path.Combine(Generation(state), "mutex");

    public string Groups(FolderState state) => Path.Combine(Generation(state), "groups");

    public string Group(FolderState state, long group) => Path.Combine(Groups(state), $"{group:x16}.json");

    /// <summary>Whose file it is, also one that was never finished; null when it is none of a session's.</summary>
    public static long? SessionOf(string file) => Path.GetFileName(file).Split('.') is [var number, "lock" or "json", ..]
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var session) ? session : null;

    /// <summary>Locked by the system for as long as the session's process lives.</summary>
    public string Lifeline(long session) => Path.Combine(Sessions, string.Create(CultureInfo.InvariantCulture, $"{session}.lock"));

    /// <summary>Who the session is and what it shows.</summary>
    public string Card(long session) => Path.Combine(Sessions, string.Create(CultureInfo.InvariantCulture, $"{session}.json"));
}

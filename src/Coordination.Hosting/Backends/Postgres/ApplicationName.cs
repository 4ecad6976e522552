namespace Coordination.Backends.Postgres;

/// <summary>What our sessions are called in the server's lists.</summary>
internal static class ApplicationName
{
    /// <summary>The server keeps no more; cut here and not there, so that the cut is between characters.</summary>
    public const int MostBytes = 63;

    /// <summary>While it connects.</summary>
    public static string Of(string group) => Cut($"coordination/{group}");

    /// <summary>Once it is a session of ours.</summary>
    public static string Of(string group, string member) => Cut($"coordination/{group}/{member}");

    private static string Cut(string name)
    {
        var length = 0;
        var bytes = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MostBytes)
            {
                return name[..length];
            }

            length += rune.Utf16SequenceLength;
        }

        return name;
    }
}

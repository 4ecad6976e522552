namespace Coordination.Backends.Postgres;

/// <summary>Puts a name of the user's into SQL text so that it stays a name, whatever it contains.</summary>
internal static class Identifier
{
    /// <summary>The server cuts longer names without an error, and then two names may mean one thing.</summary>
    public const int MostBytes = 63;

    /// <summary>The name in double quotes.</summary>
    /// <exception cref="CoordinationConfigurationException">The server cannot have a thing of that name.</exception>
    public static string Quote(string name)
    {
        if (name.Length == 0 || name.Contains('\0') || !TryCountBytes(name, out var bytes) || bytes > MostBytes)
        {
            throw new CoordinationConfigurationException(
                $"'{name.Replace("\0", "\\0", StringComparison.Ordinal)}' cannot be the name of a schema. " +
                $"Give one of 1 to {MostBytes} bytes in UTF-8, without NUL characters.");
        }

        return $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>The quoted name for a place inside single quotes, such as <c>nextval('{0}.fence')</c>.</summary>
    /// <exception cref="CoordinationConfigurationException">The server cannot have a thing of that name.</exception>
    public static string QuoteInText(string name) => Quote(name).Replace("'", "''", StringComparison.Ordinal);

    private static bool TryCountBytes(string name, out int bytes)
    {
        try
        {
            bytes = StrictUtf8.Encoding.GetByteCount(name);
            return true;
        }
        catch (System.Text.EncoderFallbackException)
        {
            bytes = 0;
            return false;
        }
    }
}

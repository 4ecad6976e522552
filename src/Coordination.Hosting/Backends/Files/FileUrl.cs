namespace Coordination.Backends.Files;

/// <summary>A BackendUrl that names a folder.</summary>
/// <param name="Path">The folder, in full.</param>
internal sealed record FileUrl(string Path)
{
    private const string Scheme = "file://";

    /// <summary>What to show to people.</summary>
    public string Description => Of(Path);

    /// <summary>The url of a folder.</summary>
    public static string Of(string path) => $"{Scheme}/{path.Replace('\\', '/').TrimStart('/')}";

    /// <summary>Reads one; null when something is wrong with it.</summary>
    public static FileUrl? Read(string url, ICollection<string> faults)
    {
        var rest = url[Scheme.Length..];
        if (rest.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase))
        {
            rest = rest["localhost".Length..];
        }

        var path = Uri.UnescapeDataString(rest);
        if (path.Trim('/').Length == 0 || path.Contains('\0', StringComparison.Ordinal) || rest.AsSpan().IndexOfAny('?', '#') >= 0)
        {
            faults.Add($"BackendUrl is '{url}', which names no folder. Write file:///folder, file://./folder below the working directory, or file:///C:/folder on Windows.");
            return null;
        }

        if (path.StartsWith("./", StringComparison.Ordinal) || path.StartsWith("../", StringComparison.Ordinal))
        {
            return new FileUrl(System.IO.Path.GetFullPath(path));
        }

        if (IsDrive(path.TrimStart('/')))
        {
            return Windows(url, path.TrimStart('/'), faults);
        }

        if (path[0] != '/')
        {
            faults.Add(
                $"BackendUrl is '{url}', which names a folder on the machine '{path.Split('/')[0]}'; only this machine's will do. " +
                "Write three slashes for a full path, file:///folder, or file://./folder for one below the working directory.");
            return null;
        }

        return new FileUrl(System.IO.Path.GetFullPath(path).TrimEnd('/'));
    }

    private static bool IsDrive(string path) => path.Length >= 2 && char.IsAsciiLetter(path[0]) && path[1] == ':';

    private static FileUrl? Windows(string url, string path, ICollection<string> faults)
    {
        if (OperatingSystem.IsWindows())
        {
            return new FileUrl(System.IO.Path.GetFullPath(path));
        }

        faults.Add($"BackendUrl is '{url}', which names a drive of Windows, and this is another system. Write file:///folder.");
        return null;
    }
}

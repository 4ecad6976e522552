namespace Conductors.Demo.Databases;

/// <summary>No PostgreSQL: a temporary folder in which the group lives, and the nodes beside it.</summary>
internal sealed class TemporaryFolder : IDatabase
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private const int Attempts = 50;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conductors-");

    public Task<string> StartAsync(CancellationToken cancellationToken) =>
        Task.FromResult($"file:///{Path.Combine(_folder.FullName, "group").Replace('\\', '/').TrimStart('/')}");

    public async ValueTask DisposeAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _folder.Delete(recursive: true);
                return;
            }
            catch (IOException) when (attempt < Attempts)
            {
                await Task.Delay(Pause, TimeProvider.System); // when the demo was killed, its replicas are only just ending
            }
        }
    }
}

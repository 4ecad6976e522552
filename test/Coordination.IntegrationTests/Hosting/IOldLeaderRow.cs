namespace Coordination.IntegrationTests.Hosting;

public interface IOldLeaderRow
{
    Task<bool> TryRenewAsync(CancellationToken cancellationToken);
}

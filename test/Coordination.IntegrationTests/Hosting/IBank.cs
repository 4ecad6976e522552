namespace Coordination.IntegrationTests.Hosting;

public interface IBank
{
    Task PayAsync(string order, FencingToken token, CancellationToken cancellationToken);
}

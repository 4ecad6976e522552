namespace Coordination.IntegrationTests.Hosting;

public interface IBilling
{
    Task RunAsync(FencingToken token, CancellationToken cancellationToken);
}

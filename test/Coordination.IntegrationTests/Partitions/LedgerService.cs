using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Partitions;

/// <summary>Works on its partitions until it is told to end, and writes into the ledger when it does.</summary>
public sealed class LedgerService(PartitionLedger ledger, IGroupMembership group, IServiceProvider services, [ServiceKey] string name) : IPartitionedService
{
    private readonly string _who = group.Self?.Id ?? "nobody";

    public async Task RunAsync(int partition, CancellationToken cancellationToken)
    {
        // The board shows it before its run begins; when it is gone already, so is the token's life.
        if (!services.GetRequiredKeyedService<IPartitionAssignment>(name).TryGetToken(partition, out var token))
        {
            return;
        }

        ledger.Begin(partition, _who, token);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        finally
        {
            ledger.End(partition, _who);
        }
    }
}

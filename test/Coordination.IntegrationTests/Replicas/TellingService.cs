using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>Works on its partitions until it is told to end, and says when each run begins and ends. The moments lie inside the run.</summary>
internal sealed class TellingService(Tongue tongue, IServiceProvider services) : IPartitionedService
{
    public const string Name = "work";

    public async Task RunAsync(int partition, CancellationToken cancellationToken)
    {
        if (!services.GetRequiredKeyedService<IPartitionAssignment>(Name).TryGetToken(partition, out var token))
        {
            return;
        }

        var id = partition.ToString(CultureInfo.InvariantCulture);
        tongue.Say(new ReplicaEvent("begin") { Id = id, Token = token.Value });
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        finally
        {
            tongue.Say(new ReplicaEvent("end") { Id = id, Token = token.Value });
        }
    }
}

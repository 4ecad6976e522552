using Microsoft.Extensions.Hosting;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>The service of docs/migrating-from-leader-rows.md.</summary>
public sealed class NightlyBilling(ILeaderTerm term, IOldLeaderRow row, IBilling billing, TimeProvider time) : BackgroundService   // builder.AddCoordination().AddLeaderService<NightlyBilling>("billing")
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await row.TryRenewAsync(stoppingToken))                  // an old replica leads still
        {
            await Task.Delay(TimeSpan.FromSeconds(5), time, stoppingToken);
        }

        await billing.RunAsync(term.Token, stoppingToken);               // stops when the term is lost; renews the row as before
    }
}

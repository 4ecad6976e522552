using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.IntegrationTests.Leaders;

/// <summary>A leader service that writes down when it starts and ends, and does in between what the ledger's script says.</summary>
public class LedgerLeader(LeaderLedger ledger, ILeaderTerm term, string member, string name) : BackgroundService
{
    private string Who => $"{member} {name}";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        ledger.Note($"start {Who}");
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        ledger.Note($"stopped {Who}");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Assert.True(term.IsHeld && term.Token.Value > 0);
        try
        {
            await (ledger.Scripts.GetValueOrDefault(Who) ?? WaitAsync)(stoppingToken);
        }
        finally
        {
            ledger.Note($"end {Who}");
        }
    }

    private static Task WaitAsync(CancellationToken stop) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);

    public sealed class First(LeaderLedger ledger, ILeaderTerm term, IOptionsMonitor<MemberName> name) : LedgerLeader(ledger, term, name.CurrentValue.Value, nameof(First));

    public sealed class Second(LeaderLedger ledger, ILeaderTerm term, IOptionsMonitor<MemberName> name) : LedgerLeader(ledger, term, name.CurrentValue.Value, nameof(Second));
}

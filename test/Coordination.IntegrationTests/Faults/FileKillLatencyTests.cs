using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;
using static Coordination.IntegrationTests.Infrastructure.ReplicaScenario;

namespace Coordination.IntegrationTests.Faults;

/// <summary>How fast a killed holder's lock goes on to the next process on a folder.</summary>
/// <remarks>COORDINATION_TEST_KILLS sets how many; the figures of the documents are those of 50. The figures stand in the test's output.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class FileKillLatencyTests(ITestOutputHelper output) : FolderScenario
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_KILLS") ?? "4", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_killed_holders_lock_goes_on_to_the_next()
    {
        var witness = await StartAsync(("MemberId", "witness"), ("LeaseTime", ReplicaScenario.LongLease));
        List<double> granted = [];
        List<double> seen = [];
        for (var i = 0; i < Kills; i++)
        {
            var victim = await StartAsync(("MemberId", $"victim-{i}"), ("LeaseTime", ReplicaScenario.LongLease));
            await ViewAsync(witness, $"victim-{i}", shown: true);
            await AcquireAsync(victim, $"work-{i}", "held");
            witness.Tell(new ReplicaCommand("acquire") { Id = $"next-{i}", Name = $"work-{i}" });
            await Eventually.BecomesTrueAsync(async () => (await witness.AskAsync("waiters", $"work-{i}")).View > 0, "the witness stands in line");

            var killed = Time.GetTimestamp();
            victim.Kill();

            granted.Add(Seconds(killed, (await witness.ExpectAsync("acquired", $"next-{i}")).At));
            seen.Add(Seconds(killed, (await ViewAsync(witness, $"victim-{i}", shown: false, since: killed)).At));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Kills} kills, from before the kill: the next holder p50 {At(granted, 0.5):0.0} ms, p95 {At(granted, 0.95):0.0} ms, max {At(granted, 1):0.0} ms; the view p50 {At(seen, 0.5):0.0} ms, max {At(seen, 1):0.0} ms"));
        Assert.InRange(At(seen, 1), 0, 1000 * ReplicaScenario.Soon);
    }

    private static double At(List<double> seconds, double share) => 1000 * seconds.Order().ElementAt((int)Math.Ceiling(share * seconds.Count) - 1);
}

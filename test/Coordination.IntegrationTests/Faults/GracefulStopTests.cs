using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>How fast an orderly stop is seen, in a group of three that goes on with a new member each time.</summary>
/// <remarks>COORDINATION_TEST_STOPS sets how many; the figures of the documents are those of 30. The figures stand in the test's output.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class GracefulStopTests(PostgresServer server, ITestOutputHelper output) : ReplicaScenario(server)
{
    private static readonly int Stops = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_STOPS") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Every_member_that_stops_in_order_is_seen_to_have_left_and_never_to_have_died()
    {
        var living = new List<(string Id, Replica Replica)>();
        for (var i = 0; i < 3; i++)
        {
            living.Add(await StartMemberAsync(i));
        }

        List<double> times = [];
        for (var i = 0; i < Stops; i++)
        {
            await BecomeRipeAsync(3); // an accusation would be possible
            var (id, leaver) = living[i % 3];
            living.RemoveAt(i % 3);
            await leaver.SignalAsync("TERM");
            var stopping = await leaver.ExpectAsync("stopping");
            foreach (var (_, witness) in living)
            {
                var gone = await ViewAsync(witness, id, shown: false, since: stopping.At);
                Assert.Contains($"Left {id}", gone.Changes);
                times.Add(Seconds(stopping.At, gone.At));
            }

            Assert.Equal(0, await leaver.ExitAsync());
            living.Insert(i % 3, await StartMemberAsync(3 + i));
        }

        output.WriteLine($"{Stops} stops: from the host's stop to the view of everybody p50 {At(times, 0.5):0} ms, p95 {At(times, 0.95):0} ms, max {At(times, 1):0} ms");
        Assert.All(living, one => Assert.DoesNotContain(one.Replica.Events, said => said.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal))));
    }

    private static double At(List<double> seconds, double share) => 1000 * seconds.Order().ElementAt((int)Math.Ceiling(share * seconds.Count) - 1);

    private async Task<(string Id, Replica Replica)> StartMemberAsync(int number) =>
        ($"pod-{number}", await StartAsync(("MemberId", $"pod-{number}"), ("CrashGrace", "00:00:01"), ("LeaseTime", "00:00:10"), ("HeartbeatInterval", "00:00:00.5")));
}

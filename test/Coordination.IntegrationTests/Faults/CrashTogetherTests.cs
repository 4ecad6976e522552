using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults;

/// <summary>Several processes that die in one instant: the others see one or two views of it, and not one for each.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class CrashTogetherTests(PostgresServer server) : ReplicaScenario(server)
{
    /// <summary>On a machine that has other things to do those who were killed in one instant do not end in one: whoever is late is in a later view.</summary>
    private const int Attempts = 4;

    [Theory]
    [InlineData(4, 1, 2)] // neighbours
    [InlineData(8, 5, 7)] // all but one
    public async Task Those_that_are_killed_at_once_are_gone_within_two_views_and_long_before_their_lease_is_over(int members, int first, int killed)
    {
        List<long> views = [];
        while (views is [] or [.., > 2])
        {
            Assert.True(views.Count < Attempts, $"Views that it took, each time anew: {string.Join(", ", views)}.");
            var replicas = await StartRipeAsync(members);
            Replica[] doomed = [.. Enumerable.Range(first, killed).Select(i => replicas[i % members])];
            Replica[] living = [.. replicas.Except(doomed)];
            var before = (await living[0].AskAsync("state")).View;

            var began = Time.GetTimestamp();
            await Replica.KillTogetherAsync(doomed);

            long took = 0;
            foreach (var witness in living)
            {
                var gone = await witness.ExpectAsync(said => said.Kind == "view" && said.At > began && said.Members.Count == living.Length, "a view of the living");
                Assert.InRange(Seconds(began, gone.At), 0, Soon);
                took = Math.Max(took, gone.View - before);
            }

            Assert.InRange(took, 1, 2 * killed); // each is suspected and dead at most once
            views.Add(took);
            foreach (var replica in living)
            {
                await replica.SignalAsync("TERM");
                Assert.Equal(0, await replica.ExitAsync());
            }
        }
    }

    private async Task<Replica[]> StartRipeAsync(int count)
    {
        var replicas = new Replica[count];
        for (var i = 0; i < count; i++)
        {
            // One after the other, so that the ring is in their order.
            replicas[i] = await StartAsync(("MemberId", $"pod-{i}"), ("LeaseTime", LongLease), ("CrashGrace", "00:00:02"));
        }

        await BecomeRipeAsync(count);
        await Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count == count)));
        return replicas;
    }
}

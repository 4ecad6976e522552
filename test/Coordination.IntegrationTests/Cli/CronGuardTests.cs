using System.Collections.Concurrent;
using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>A cron job on two machines, each with a network of its own, while holders, guards and networks are killed, frozen and silenced.</summary>
/// <remarks>COORDINATION_TEST_GUARD_RUNS sets how often; the guarantees are claimed for 100.</remarks>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class CronGuardTests(FreshDatabase database, ITestOutputHelper output) : IClassFixture<FreshDatabase>
{
    private const int Lanes = 3;

    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_GUARD_RUNS") ?? "15", CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_command_never_runs_twice_at_one_instant_and_every_exit_code_is_right()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_SEED") ?? "4711", CultureInfo.InvariantCulture);
        var random = new Random(seed);
        var strikes = Enum.GetValues<GuardStrike>();
        ConcurrentQueue<(int Run, GuardStrike Strike, TimeSpan Delay)> rounds =
            new(Enumerable.Range(0, Runs).Select(run => (run, strikes[run % strikes.Length], TimeSpan.FromMilliseconds(random.Next(0, 800)))));
        ConcurrentQueue<string> faults = [];

        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(async _ =>
        {
            await using var one = Relay.To(database.Database.Address);
            await using var other = Relay.To(database.Database.Address);
            while (rounds.TryDequeue(out var round))
            {
                await using var played = new GuardRound([one, other], $"job-{round.Run}", round.Strike, round.Delay);
                foreach (var fault in await played.PlayAsync(database.Database))
                {
                    faults.Enqueue($"Run {round.Run}: {fault}");
                }
            }
        }));

        output.WriteLine($"{Runs} runs, seed {seed}, {faults.Count} faults.");
        Assert.Empty(faults);
    }
}

using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The promise that everything else rests on, watched by the database itself.</summary>
[Collection(nameof(Alone))]
public sealed class CriticalSectionTests(PostgresServer server)
{
    /// <summary>How many visits; 200,000 is the number that the guarantees are claimed for.</summary>
    private static readonly int Visits = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_TEST_SECTIONS") ?? "20000", CultureInfo.InvariantCulture);

    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Two_processes_are_never_in_one_section_together_while_they_are_killed_and_cancel_at_random()
    {
        await using var database = await server.CreateDatabaseAsync();
        await using (var connection = await database.OpenAsync())
        {
            await CriticalSectionChecker.InstallAsync(connection, CriticalSectionWorker.Names);
        }

        var replicas = new[] { await StartAsync(database), await StartAsync(database) };
        var kills = 0;
        try
        {
            while (await VisitsAsync(database) < Visits)
            {
                await Task.Delay(BetweenKills * (0.5 + Random.Shared.NextDouble()), TimeProvider.System, TestContext.Current.CancellationToken);
                Assert.All(replicas, replica => Assert.DoesNotContain(replica.Events, said => said.Kind == "error"));
                var victim = kills++ % 2;
                await replicas[victim].SignalAsync("KILL");
                await replicas[victim].DisposeAsync();
                replicas[victim] = await StartAsync(database);
            }

            await Task.WhenAll(replicas.Select(EndAsync));
        }
        finally
        {
            await Task.WhenAll(replicas.Select(replica => replica.DisposeAsync().AsTask()));
        }

        var unconfirmed = await database.ScalarAsync<long>("select count(*) from checker.fault where verdict = 'unconfirmed'");
        TestContext.Current.SendDiagnosticMessage($"{await VisitsAsync(database)} critical sections, {kills} kills, {unconfirmed} words of the dead.");
        Assert.Equal(string.Empty, await database.ScalarAsync<string>(
            "select coalesce(string_agg(format('%s of %s, token %s against %s', kind, name, token, fence), E'\\n' order by id), '') from checker.fault where verdict = 'confirmed'"));
    }

    private static async Task<Replica> StartAsync(TestDatabase database)
    {
        var replica = await Replica.StartedAsync(database.Url, ("LeaseTime", "00:00:10"), ("Group", "sections"), ("Logging:LogLevel:Default", "Warning"));
        replica.Tell(new ReplicaCommand("sections") { Id = "sections", Name = database.Address.ConnectionString, Count = 24 });
        return replica;
    }

    private static async Task EndAsync(Replica replica)
    {
        await replica.AskAsync("sections-stop");
        var done = await replica.ExpectAsync(said => said.Id == "sections", "that its callers have stopped");
        Assert.Equal("sections-done", done.Kind);
        Assert.Equal("0", done.Data["lost"]);
    }

    private static async Task<long> VisitsAsync(TestDatabase database) =>
        await database.ScalarAsync<long>("select sum(visits)::bigint from checker.section");
}

using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The schema is upgraded while members of an older version are at work.</summary>
[Collection(nameof(Alone))]
[Trait("Category", "Fault")]
public sealed class FleetUpgradeTests(PostgresServer server) : ReplicaScenario(server)
{
    private const string OlderProgram = "COORDINATION_TEST_OLDER";
    private const long SomeVisits = 500;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await using var connection = await Database.OpenAsync();
        await CriticalSectionChecker.InstallAsync(connection, CriticalSectionWorker.Names);
    }

    /// <summary>The fleet is of this version; what a later one may do is done to every table and function at once.</summary>
    [Fact]
    public async Task A_later_schema_under_a_fleet_at_work_costs_no_lock_no_token_and_no_view()
    {
        var fleet = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => StartOnAsync(Database.Url, Settings($"pod-{i}"))));
        await AcquireAsync(fleet[0], "kept", "kept");
        BeginSections(fleet);
        await VisitAsync();

        await ApplyLaterScriptAsync();
        var newcomer = await StartOnAsync(Database.Url, Settings("pod-3"));

        Replica[] all = [.. fleet, newcomer];
        await SeeEachOtherAsync(all);
        await VisitAsync();
        await PassOnAsync("kept", fleet[0], newcomer);
        await EndSectionsAsync(fleet);
        Assert.All(all, AssertNoGap);
        await AssertCrashIsSeenAsync(newcomer, "pod-3", fleet);
    }

    /// <summary>
    /// Two builds in one database: <c>.ci/upgrade</c> makes the older one and runs this.
    /// </summary>
    [Fact(Explicit = true)]
    public async Task Members_of_the_version_before_and_of_this_one_work_side_by_side()
    {
        var program = Environment.GetEnvironmentVariable(OlderProgram)
            ?? throw new InvalidOperationException($"{OlderProgram} has to name this program as an older version built it; .ci/upgrade does that.");
        var older = await Task.WhenAll(StartOlderAsync(program, "old-0"), StartOlderAsync(program, "old-1"));
        var before = await Database.ScalarAsync<int>("select max(version) from coordination.schema_version");
        Assert.InRange(before, 1, SchemaScripts.Names.Count - 1);
        await AcquireAsync(older[0], "kept", "kept");
        BeginSections(older);
        await VisitAsync();

        // The new version where it may change nothing, then where it may; then one more of the old version, on the new schema.
        var refused = Own(Replica.Start([("BackendUrl", Database.Url), ("CreateSchema", "false"), .. Settings("new-0")]));
        Assert.Contains(string.Join(", ", SchemaScripts.Names.Skip(before)), (await refused.ExpectAsync("failed")).Text, StringComparison.Ordinal);
        var newer = await StartOnAsync(Database.Url, Settings("new-0"));
        Assert.Equal(SchemaScripts.Names.Count, await Database.ScalarAsync<int>("select max(version) from coordination.schema_version"));
        BeginSections(newer);
        var late = await StartOlderAsync(program, "old-2");

        Replica[] all = [.. older, newer, late];
        await SeeEachOtherAsync(all);
        await VisitAsync();
        Assert.Equal("busy", (await newer.AskAsync("try", "kept")).Kind);
        await PassOnAsync("kept", older[0], newer);
        await PassOnAsync("passed", newer, late);
        await EndSectionsAsync([.. older, newer]);
        Assert.All(all, AssertNoGap);
        await AssertCrashIsSeenAsync(newer, "new-0", [.. older, late]);
        var newest = await StartOnAsync(Database.Url, Settings("new-1"));
        await SeeEachOtherAsync([.. older, late, newest]);
        await AssertCrashIsSeenAsync(older[0], "old-0", [older[1], late, newest]);
    }

    private static (string, string)[] Settings(string member) =>
        [("MemberId", member), ("Group", "replicas"), ("LeaseTime", LongLease), ("CrashGrace", "00:00:01"), ("HeartbeatInterval", "00:00:00.5"), ("Logging:LogLevel:Default", "Warning")];

    private async Task<Replica> StartOlderAsync(string program, string member)
    {
        var replica = Own(Replica.StartProgram(program, [("BackendUrl", Database.Url), ("StartupTimeout", Limits.Start.ToString()), .. Settings(member)]));
        await replica.ExpectAsync("started", limit: Limits.Long);
        return replica;
    }

    private void BeginSections(params Replica[] replicas)
    {
        foreach (var replica in replicas)
        {
            replica.Tell(new ReplicaCommand("sections") { Id = "sections", Name = Database.Address.ConnectionString, Count = 8 });
        }
    }

    private static async Task EndSectionsAsync(Replica[] replicas)
    {
        foreach (var replica in replicas)
        {
            await replica.AskAsync("sections-stop");
            var done = await replica.ExpectAsync(said => said.Id == "sections", "that its callers have stopped");
            Assert.Equal("sections-done", done.Kind);
            Assert.Equal("0", done.Data["lost"]);
            Assert.Equal("0", done.Data["unavailable"]);
        }
    }

    /// <summary>Waits for more critical sections, and that none of all was disturbed.</summary>
    private async Task VisitAsync()
    {
        var before = await CountAsync();
        await Eventually.BecomesTrueAsync(async () => await CountAsync() >= before + SomeVisits, $"{SomeVisits} more critical sections", Limits.Long);
        Assert.Equal(0L, await Database.ScalarAsync<long>("select count(*) from checker.fault"));

        async Task<long> CountAsync() => await Database.ScalarAsync<long>("select sum(visits)::bigint from checker.section");
    }

    /// <summary>Who has the lock still has it, and whoever gets it next has a greater token.</summary>
    private static async Task PassOnAsync(string name, Replica holder, Replica next)
    {
        if (!holder.Events.Any(said => said.Kind == "acquired" && said.Id == name))
        {
            await AcquireAsync(holder, name, name);
        }

        Assert.True((await holder.AskAsync("look", name)).IsHeld);
        var token = (await holder.ExpectAsync("acquired", name)).Token;
        await holder.AskAsync("release", name);
        await AcquireAsync(next, name, name + "-next");
        Assert.True((await next.ExpectAsync("acquired", name + "-next")).Token > token);
    }

    private static Task SeeEachOtherAsync(Replica[] replicas) =>
        Task.WhenAll(replicas.Select(replica => BecomesMemberAsync(replica, state => state.Members.Count(text => text.Contains(" Up", StringComparison.Ordinal)) == replicas.Length)));

    private static void AssertNoGap(Replica replica)
    {
        ReplicaEvent[] views = [.. replica.Events.Where(said => said is { Kind: "view", View: > 0 })];
        Assert.All(views.Zip(views.Skip(1)), pair => Assert.Equal((pair.First.Epoch, pair.First.View + 1, false), (pair.Second.Epoch, pair.Second.View, pair.Second.IsReset)));
        Assert.DoesNotContain(views, view => view.Changes.Any(change => change.StartsWith("Died", StringComparison.Ordinal) || change.StartsWith("Suspect", StringComparison.Ordinal)));
    }

    private async Task AssertCrashIsSeenAsync(Replica victim, string member, Replica[] witnesses)
    {
        await Eventually.BecomesTrueAsync(
            () => Database.ScalarAsync<bool>(
                $"""
                select count(*) = {witnesses.Length + 1} and min(last_heartbeat) > max(attached_at) and max(attached_at) < clock_timestamp() - max(grace_ms) * interval '1 ms'
                from coordination.members
                """),
            "all may accuse");
        var killed = Time.GetTimestamp();
        await victim.SignalAsync("KILL");
        foreach (var witness in witnesses)
        {
            Assert.InRange(Seconds(killed, (await ViewAsync(witness, member, shown: false, since: killed)).At), 0, Soon);
        }
    }

    /// <summary>
    /// A script that older versions are to work with: a column more everywhere, every function anew; in the manner of the library, which gives way to whoever
    /// is at work. Not the log of views, whose rows the functions make by position: a script that widens it has to bring those functions too.
    /// </summary>
    private Task ApplyLaterScriptAsync() => Eventually.BecomesTrueAsync(
        async () =>
        {
            try
            {
                await Database.ExecuteAsync(
                    """
                    do $script$
                    declare
                      thing record;
                    begin
                      perform set_config('lock_timeout', '950ms', true);
                      for thing in select c.oid::regclass as name from pg_class c where c.relnamespace = 'coordination'::regnamespace and c.relkind = 'r' and c.relname <> 'view_log' order by c.relname loop
                        execute format('alter table %s add column later integer not null default 0', thing.name);
                      end loop;
                      for thing in select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = 'coordination'::regnamespace and p.prokind = 'f' loop
                        execute thing.text;
                      end loop;
                      insert into coordination.schema_version (version, name, works_from) select max(version) + 1, 'later.sql', 1 from coordination.schema_version;
                    end
                    $script$
                    """);
                return true;
            }
            catch (Npgsql.PostgresException e) when (e.SqlState is Npgsql.PostgresErrorCodes.LockNotAvailable)
            {
                return false;
            }
        },
        "the later script is applied",
        Limits.Long);
}

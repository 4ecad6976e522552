using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Infrastructure;
using static Coordination.IntegrationTests.Infrastructure.ReplicaScenario;

namespace Coordination.IntegrationTests.Faults;

/// <summary>What is in the folder, and that nothing stays there for ever.</summary>
[Trait("Category", "Fault")]
public sealed partial class FileFolderTests : FolderScenario
{
    private string Sessions => Path.Combine(Root, "sessions");

    [Fact]
    public async Task More_names_than_there_is_room_for_at_a_time_leave_nothing_behind()
    {
        var replica = await StartAsync();
        Assert.Equal("done", (await replica.AskAsync(new("many") { Name = "warm", Count = 64 }, Limits.Long)).Kind);
        var before = Content();

        Assert.Equal("done", (await replica.AskAsync(new("many") { Name = "name", Count = 70_000 }, Limits.Long)).Kind);

        Assert.Equal(before, Content());
    }

    [Fact]
    public async Task Whoever_joins_sweeps_the_files_of_sessions_that_are_over_and_no_others()
    {
        var first = await StartAsync(("MemberId", "first"));
        string[] left = ["123456.lock", "123456.json", "123456.json.new"];
        string[] others = ["notes.json", "123456.txt"];
        foreach (var name in left.Concat(others))
        {
            await File.WriteAllTextAsync(Path.Combine(Sessions, name), "left", Ending);
        }

        var second = await StartAsync(("MemberId", "second"));

        Assert.All(left, name => Assert.False(File.Exists(Path.Combine(Sessions, name)), name));
        Assert.All(others, name => Assert.True(File.Exists(Path.Combine(Sessions, name)), name));
        Assert.Equal((2 * 2) + others.Length, Directory.EnumerateFiles(Sessions).Count());
        await ViewAsync(first, "second", shown: true);
        Assert.Equal("acquired", (await second.AskAsync("try", "work")).Kind);
    }

    [Fact]
    public async Task When_all_were_killed_the_next_one_finds_their_locks_free_and_removes_what_they_left()
    {
        var doomed = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => StartAsync(("MemberId", $"doomed-{i}"))));
        var held = await doomed[0].AskAsync("try", "work");
        await Replica.KillTogetherAsync(doomed);
        await Task.WhenAll(doomed.Select(replica => replica.ExitAsync()));

        var next = await StartAsync(("MemberId", "next"));

        var state = await BecomesMemberAsync(next);
        Assert.StartsWith("next ", Assert.Single(state.Members), StringComparison.Ordinal);
        Assert.True((await next.AskAsync("try", "work")).Token > held.Token);
        Assert.Equal(2, Directory.EnumerateFiles(Sessions).Count());
    }

    [Fact]
    public async Task When_the_machine_was_started_anew_the_epoch_rises_and_with_it_every_token_and_the_old_memory_is_gone()
    {
        var old = await StartAsync(("MemberId", "old"));
        var held = await old.AskAsync("try", "work");
        var before = await old.AskAsync("state");
        var generation = Generation();
        await old.SignalAsync("KILL");
        await old.ExitAsync();
        var current = Path.Combine(Root, "current");
        await File.WriteAllTextAsync(current, BootId().Replace(await File.ReadAllTextAsync(current, Ending), "\"Boot\":\"another start\""), Ending);

        var next = await StartAsync(("MemberId", "next"));

        var state = await BecomesMemberAsync(next);
        Assert.True(state.Epoch > before.Epoch);
        Assert.True(state.MemberNumber > before.MemberNumber);
        Assert.True((await next.AskAsync("try", "work")).Token > held.Token);
        Assert.NotEqual(generation, Generation());
        Assert.Equal(2, Directory.EnumerateFiles(Sessions).Count());
    }

    [Fact]
    public async Task A_folder_that_is_removed_while_it_is_in_use_ends_the_session_with_the_reason()
    {
        var replica = await StartAsync();
        await AcquireAsync(replica, "work", "held");

        Directory.Delete(Root, recursive: true);

        await replica.ExpectAsync("lost", "held");
        await Eventually.BecomesTrueAsync(() => Task.FromResult(replica.Log.Contains("was removed or replaced while it was in use", StringComparison.Ordinal)), "the reason is in its log");
        await BecomesMemberAsync(replica);
        Assert.Equal("acquired", (await replica.AskAsync("try", "work")).Kind);
    }

    [Theory]
    [InlineData("sessions", "*.lock")]
    [InlineData(".", "state")]
    [InlineData(".", "current")]
    public async Task A_file_that_somebody_tidies_away_costs_the_session_and_the_holder_is_told_before_another_gets_the_lock(string under, string pattern)
    {
        var holder = await StartAsync(("MemberId", "holder"));
        await AcquireAsync(holder, "work", "held");

        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, under), pattern, SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        var next = await StartAsync(("MemberId", "next"));
        var granted = await next.AskAsync("acquire", "work");
        var lost = await holder.ExpectAsync("lost", "held");

        Assert.Equal("acquired", granted.Kind);
        Assert.True(lost.At <= granted.At, $"the lock was granted again {Seconds(granted.At, lost.At)} s before its holder heard of it");
        await BecomesMemberAsync(holder);
    }

    [GeneratedRegex("\"Boot\":\"[^\"]*\"")]
    private static partial Regex BootId();

    private List<(string, long)> Content() =>
        [.. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Where(path => !path.StartsWith(Sessions, StringComparison.Ordinal)).Order().Select(path => (path, new FileInfo(path).Length))];
}

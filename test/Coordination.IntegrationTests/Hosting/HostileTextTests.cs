using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Texts that were made to do harm go through a real server and come back as they were; what they name is untouched.</summary>
public sealed class HostileTextTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang

    private static readonly string[] Pieces =
    [
        "'", "\"", "\\", "\\'", "'); drop table coordination.members; --", "\"; drop schema coordination cascade; --", "$1", "$$", "@name", ":name", "%s", "%00", "{0}", "{\"a\":[1", "\u202e", "\u200f", "\ufeff",
        "\U0001F512", "e\u0301", "İ", "<script>alert(1)</script>", "&amp;", "E'\\x41'", "||", "\u001b[31m", "\r\n", "null", " ",
    ];

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    // Each alone, each pair, and one as long as a name may be.
    private static IEnumerable<string> Texts => [.. Pieces, .. Pieces.SelectMany(one => Pieces.Select(other => one + other)).Where((_, i) => i % 3 == 0), new string('\'', 1_024)];

    [Fact(Timeout = Limit)]
    public async Task Locks_of_hostile_names_exclude_by_their_whole_name_and_harm_nothing()
    {
        await using var here = await StartAsync("here", "names");
        await using var there = await StartAsync("there", "names");
        var before = await SchemaAsync();

        foreach (var name in Texts)
        {
            await using (var held = await here.Locks.AcquireAsync(name, new LockRequest { Reason = name }, Ending))
            {
                Assert.Equal(name, held.Name.Value);
                Assert.Null(await there.Locks.TryAcquireAsync(name, cancellationToken: Ending));
            }

            await using var next = await there.Locks.TryAcquireAsync(name, cancellationToken: Ending);
            Assert.NotNull(next);
        }

        Assert.Equal(before, await SchemaAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Hostile_names_and_reasons_that_are_shown_to_the_group_are_shown_as_they_are()
    {
        await using var here = await StartAsync("here", "shown");
        await using var there = await StartAsync("there", "shown");
        var before = await SchemaAsync();
        List<ILockHandle> held = [];
        foreach (var name in Texts)
        {
            held.Add(await here.Locks.AcquireAsync(name, new LockRequest { Reason = name + "!" }, Ending));
        }

        GroupReport? report = null;
        await Eventually.BecomesTrueAsync(async () => (report = await there.Inspector.ReadAsync(Ending)).Locks.Count == held.Count, "all locks are shown");

        Assert.Equal(
            held.Select(handle => (Name: handle.Name.Value, Reason: (string?)(handle.Name.Value + "!"), handle.Token)).OrderBy(one => one.Token),
            report!.Locks.Select(one => (one.Name, one.Reason, one.Token)).OrderBy(one => one.Token));
        foreach (var handle in held)
        {
            Assert.Equal("here", (await there.Locks.InspectAsync(handle.Name, Ending)).Holder);
            await handle.DisposeAsync();
        }

        Assert.Equal(before, await SchemaAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Hostile_metadata_comes_back_as_it_was()
    {
        await using var here = await StartAsync("here", "metadata");
        await using var there = await StartAsync("there", "metadata");
        var before = await SchemaAsync();

        foreach (var texts in Texts.Chunk(40))
        {
            var metadata = texts.Take(7).ToDictionary(text => text, text => text + "'", StringComparer.Ordinal);
            metadata["all"] = string.Concat(texts.Where(text => text.Length < 1_000));
            await here.Group.UpdateMetadataAsync(metadata, Ending);
            var seen = (await there.Group.RefreshAsync(Ending)).Find("here")!.Metadata;
            Assert.Equal(metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal), seen.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        }

        Assert.Equal(before, await SchemaAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Hostile_groups_and_member_ids_are_groups_and_ids()
    {
        await using var witness = await StartAsync("witness", "ids");
        var before = await SchemaAsync();

        foreach (var name in Pieces.Where(text => !text.Any(char.IsControl)))
        {
            await using var one = await StartAsync(name + "1", name);
            await using var two = await StartAsync(name + "2", name);
            Assert.Equal(name, one.Group.Group);
            Assert.Equal([name + "1", name + "2"], (await one.Group.RefreshAsync(Ending)).Members.Select(member => member.Id));
        }

        Assert.Equal(before, await SchemaAsync());
        Assert.Equal(["witness"], (await witness.Group.RefreshAsync(Ending)).Members.Select(member => member.Id));
    }

    [Theory(Timeout = Limit)]
    [InlineData(0)]
    [InlineData(0xd800)] // half of a pair; an attribute can carry none as text
    public async Task What_no_database_text_can_hold_is_refused_and_the_session_lives_on(int unit)
    {
        var text = ((char)unit).ToString();
        await using var here = await StartAsync("here", "refused");
        await Assert.ThrowsAsync<ArgumentException>(async () => await here.Group.UpdateMetadataAsync(new Dictionary<string, string> { ["note"] = text }, Ending));
        if (text != "\0") // a key is a hash of the name, which may have one in it
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await here.Locks.AcquireAsync(text, cancellationToken: Ending));
        }

        await using var held = await here.Locks.AcquireAsync("a\0b", new LockRequest { Reason = text }, Ending);
        Assert.True(await held.ConfirmAsync(Ending));
    }

    private Task<RunningHost> StartAsync(string id, string group) => RunningHost.StartAsync(options =>
        (options.BackendUrl, options.Group, options.MemberId, options.CrashWatch) = (database.Url, group, id, false));

    /// <summary>Everything that there is in the schema.</summary>
    private async Task<string?> SchemaAsync() => await database.Database.ScalarAsync<string>(
        """
        select string_agg(what, ',' order by what) from (
            select relkind::text || ' ' || relname::text from pg_class where relnamespace = 'coordination'::regnamespace
            union all select 'function ' || proname::text from pg_proc where pronamespace = 'coordination'::regnamespace
            union all select 'schema ' || nspname::text from pg_namespace where nspname not like 'pg\_%') as of (what)
        """);
}

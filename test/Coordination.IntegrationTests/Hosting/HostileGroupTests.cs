using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Infrastructure;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Groups and members of any name, on real connections: what stands in the channel of notifications and in the server's list of sessions.</summary>
public sealed partial class HostileGroupTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang

    private const int MostBytes = 63;

    private static readonly string[] Pieces =
    [
        "'", "''", "\"", "\\", "\\'", "'; unlisten *; --", "\"; notify coordination, '1/1 9.9", "', 'x'); select pg_notify('other', 'x'); --", "; drop schema coordination cascade; --", "$1", "$$", "@name", "%s", "%00",
        "coordination", "coordination/", "/", " ", ",", "=", " options=-csearch_path=public", "-c statement_timeout=1", "{schema}", "{0}", "\u202e", "\ufeff", "\U0001F512", "e\u0301", "ß", "İ", "1/1 1.1", new string('\'', 60), new string('é', 40),
    ];

    // A text that the options take: whole characters, 1 to 200 of them, none a control character.
    private static Gen<string> Name =>
        from count in Gen.Choose(1, 6)
        from pieces in Gen.Frequency((4, Gen.Elements(Pieces)), (1, Gen.Choose(0x20, 0x2fff).Where(unit => unit is < 0x7f or > 0x9f).Select(unit => ((char)unit).ToString()))).ArrayOf(count)
        let text = string.Concat(pieces)
        where text.Length <= 200
        select text;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_group_of_any_name_is_told_of_by_number_on_one_channel_and_its_sessions_bear_its_name()
    {
        await using var listener = await database.Database.OpenAsync();
        List<NpgsqlNotificationEventArgs> heard = [];
        listener.Notification += (_, told) => heard.Add(told);
        await using (var listen = new NpgsqlCommand("listen coordination; listen other", listener))
        {
            await listen.ExecuteNonQueryAsync(Ending);
        }

        await using var first = await StartAsync("first", "first"); // makes the schema
        var before = await StateAsync();

        await Task.Run(
            () => Prop.ForAll(Arb.From(Name), Arb.From(Name), async (string group, string member) =>
            {
                await using var host = await StartAsync(group, member);
                Assert.Equal((group, member), (host.Group.Group, host.Group.Self!.Id));

                var number = await AskAsync<long>(listener, "select group_id from coordination.groups where name = $1", group);
                var address = string.Create(CultureInfo.InvariantCulture, $"/{number} ");
                while (!heard.Any(told => told.Payload.Contains(address, StringComparison.Ordinal)))
                {
                    await listener.WaitAsync(Ending);
                }

                Assert.All(heard, told => Assert.True(told.Channel == "coordination" && Payload().IsMatch(told.Payload), $"{told.Channel}: {told.Payload}"));
                heard.Clear();

                var called = await AskAsync<string>(
                    listener, "select a.application_name from pg_stat_activity a join coordination.members m on m.pid = a.pid where m.group_id = $1 and m.member_id = $2", number, member);
                Assert.Equal(AsTheServerShows($"coordination/{group}/{member}", listener.PostgreSqlVersion.Major), called);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(100).WithQuietOnSuccess(true)),
            Ending);

        Assert.Equal(before, await StateAsync());
    }

    /// <summary>Cut between characters to what the server keeps; what is not ASCII is shown as it shows it.</summary>
    private static string AsTheServerShows(string name, int version)
    {
        var cut = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (Encoding.UTF8.GetByteCount(cut.ToString()) + rune.Utf8SequenceLength > MostBytes)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        var shown = string.Concat(Encoding.UTF8.GetBytes(cut.ToString()).Select(unit =>
            unit is >= 0x20 and < 0x7f ? ((char)unit).ToString()
            : version < 16 ? "?"
            : string.Create(CultureInfo.InvariantCulture, $"\\x{unit:x2}")));
        return shown[..Math.Min(shown.Length, MostBytes)];
    }

    private static async Task<T?> AskAsync<T>(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return (T?)await command.ExecuteScalarAsync(Ending);
    }

    private Task<RunningHost> StartAsync(string group, string member) => RunningHost.StartAsync(options =>
        (options.BackendUrl, options.Group, options.MemberId, options.CrashWatch) = (database.Url, group, member, false));

    /// <summary>What none of the names may have touched: the objects of the schema, the other schemas, and the member that was there before.</summary>
    private async Task<string?> StateAsync() => await database.Database.ScalarAsync<string>(
        """
        select string_agg(what, ',' order by what) from (
            select relkind::text || ' ' || relname::text from pg_class where relnamespace = 'coordination'::regnamespace
            union all select 'function ' || proname::text from pg_proc where pronamespace = 'coordination'::regnamespace
            union all select 'schema ' || nspname::text from pg_namespace where nspname not like 'pg\_%'
            union all select 'member ' || member_id || ' ' || session_no from coordination.members) as of (what)
        """);

    [GeneratedRegex(@"\A\d+/\d+ \d+\.\d+\z")]
    private static partial Regex Payload();
}

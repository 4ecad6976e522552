using System.Text;
using System.Text.Json;
using Coordination.Reading;

namespace Coordination.UnitTests.Cli;

public sealed class ListingTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private static readonly Member Pod = new("pod-1", 7, MemberStatus.Up, Now.AddMinutes(-2), new Uri("http://user:sesame@10.0.0.1:8080/x?key=sesame"), new Dictionary<string, string> { ["zone"] = "a" });

    private static readonly GroupReport Report = new()
    {
        Group = "orders",
        ServerVersion = "15.1",
        ServerTime = Now,
        View = new ViewNumber(2, 9),
        Members = [new MemberReport(Pod, Now.AddSeconds(-1), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11), IsLeader: true, Locks: 1, Waits: 0, Connections: 2)],
        Observers = ["cli"],
        Locks = [new HeldLockReport("order\n7", LockMode.Exclusive, "orders", "pod-1", Now.AddSeconds(-3), new FencingToken(long.MaxValue), "billing", 1)],
        Waits = [new LockWaitReport("order\n7", LockMode.Shared, "orders", "pod-2", Now.AddSeconds(-2), null, ["pod-1"])],
        LockCount = 1,
        WaitCount = 1,
        Roles = [new RoleReport("biller", "pod-1", Now, new FencingToken(5), ["pod-2"]), new RoleReport("idle", null, null, null, [])],
        Partitions = [],
        LostLocks = [new LostLockReport("order-9", new FencingToken(4), "pod-1", Now.AddSeconds(-9), "No heartbeat was answered.")],
        History = [new HistoryEntry(Now, new ViewNumber(2, 9), MemberChangeKind.Died, "pod-0", 3, "judged", "pod-1"), new HistoryEntry(Now.AddDays(-1), new ViewNumber(2, 8), MemberChangeKind.Joined, "pod-1", 7, null, null)],
    };

    /// <summary>Programs read these: a name is never changed or dropped.</summary>
    public static TheoryData<string, string> Properties() => new()
    {
        { "members", "id number status isLeader joinedAt lastHeartbeat locks waits url leaseSeconds overdueAfterSeconds connections version zone weight degraded" },
        { "locks", "name mode holder since waiters token group reason" },
        { "waiters", "name mode waiter since blockedBy group reason" },
        { "leaders", "role leader since token candidates" },
        { "lost", "at name holder reason token" },
        { "history", "at view kind member reason number judge" },
    };

    [Theory]
    [MemberData(nameof(Properties))]
    public void The_properties_in_JSON_are_those_that_were_promised(string list, string properties) =>
        Assert.Equal(properties, string.Join(' ', Json(Of(list))[0].EnumerateObject().Select(static property => property.Name)));

    [Fact]
    public void JSON_has_times_as_times_tokens_as_text_and_nothing_as_null()
    {
        var held = Json(Listings.Locks)[0];
        var member = Json(Listings.Members)[0];

        Assert.Equal(Now.AddSeconds(-3), held.GetProperty("since").GetDateTimeOffset());
        Assert.Equal("9223372036854775807", held.GetProperty("token").GetString());
        Assert.Equal("order\n7", held.GetProperty("name").GetString());
        Assert.Equal("http://10.0.0.1:8080/x", member.GetProperty("url").GetString());
        Assert.Equal(11, member.GetProperty("overdueAfterSeconds").GetDouble());
        Assert.Equal(JsonValueKind.Null, member.GetProperty("version").ValueKind);
        Assert.Equal(JsonValueKind.Null, Json(Listings.Leaders)[1].GetProperty("leader").ValueKind);
    }

    [Fact]
    public void A_table_has_a_line_for_each_row_and_the_wide_one_has_more_columns()
    {
        var narrow = Listings.Locks.Table(Report, isWide: false);

        Assert.Equal(["LOCK", "MODE", "HOLDER", "HELD", "WAITERS", "TOKEN"], narrow[0]);
        Assert.Equal(["order\\u000a7", "Exclusive", "pod-1", "3.0s", "1", "9223372036854775807"], narrow[1]);
        Assert.Equal(8, Listings.Locks.Table(Report, isWide: true)[1].Count);
        Assert.Equal(["idle", "-", "-", "-", "-"], Listings.Leaders.Table(Report, isWide: false)[2]);
    }

    [Theory]
    [InlineData(11, "11s")]
    [InlineData(12, "12s late")]
    public void A_heartbeat_that_is_overdue_is_told_apart(int seconds, string expected)
    {
        var report = Report with { Members = [Report.Members[0] with { LastHeartbeat = Now.AddSeconds(-seconds) }] };

        var table = Listings.Members.Table(report, isWide: false);

        Assert.Equal(expected, table[1][table[0].ToList().IndexOf("HEARD")]);
    }

    [Fact]
    public void History_ends_with_the_newest() => Assert.Equal(["2.8", "2.9"], Listings.History.Names(Report));

    [Fact]
    public void Top_shows_it_all_and_no_password()
    {
        var text = string.Join('\n', TopFrame.Draw(Report, "the server is away", width: 300, height: 60).Select(static line => string.Concat(line.Select(static segment => segment.Text))));

        Assert.All(
            ["orders", "view 2.9", "the server is away", "pod-1", "order\\u000a7", "WAITER", "biller", "No heartbeat was answered.", "Died"],
            word => Assert.Contains(word, text, StringComparison.Ordinal));
        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
    }

    private static IListing Of(string list) => list switch
    {
        "members" => Listings.Members,
        "locks" => Listings.Locks,
        "waiters" => Listings.Waiters,
        "leaders" => Listings.Leaders,
        "lost" => Listings.Lost,
        _ => Listings.History,
    };

    private static JsonElement Json(IListing listing)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            listing.WriteJson(writer, Report);
        }

        return JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).RootElement;
    }
}

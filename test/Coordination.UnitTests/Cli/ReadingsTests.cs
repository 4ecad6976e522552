using Coordination.Backends.Postgres;
using Coordination.Operating;

namespace Coordination.UnitTests.Cli;

public sealed class ReadingsTests
{
    [Fact]
    public void A_server_with_room_is_good() =>
        Assert.All(Of(), static finding => Assert.True(finding.Verdict is Verdict.Good, finding.ToString()));

    [Theory]
    [InlineData("connections", Verdict.Warning, 9, 0, 1000, 0, 1, 0)]
    [InlineData("connections", Verdict.Fault, 2, 0, 1000, 0, 1, 0)]
    [InlineData("connections", Verdict.Fault, -1, 0, 1000, 0, 1, 0)]
    [InlineData("lock table", Verdict.Warning, 90, 3201, 1000, 0, 1, 0)]
    [InlineData("timeouts", Verdict.Warning, 90, 0, 200, 0, 1, 0)]
    [InlineData("notify", Verdict.Warning, 90, 0, 1000, 0.6, 1, 0)]
    [InlineData("round trip", Verdict.Warning, 90, 0, 1000, 0, 260, 0)]
    [InlineData("clocks", Verdict.Warning, 90, 0, 1000, 0, 1, -3)]
    [InlineData("clocks", Verdict.Warning, 90, 0, 1000, 0, 1, 3)]
    public void One_that_lacks_something_is_told_apart(string subject, object verdict, int free, long locks, int deadlock, double queue, double trip, double offset)
    {
        var findings = Of(free, locks, deadlock, queue, trip, offset);

        Assert.Equal((Verdict)verdict, Assert.Single(findings, static finding => finding.Verdict is not Verdict.Good).Verdict);
        Assert.Equal((Verdict)verdict, findings.Single(finding => finding.Subject == subject).Verdict);
    }

    [Fact]
    public void Who_may_not_see_every_session_is_told_the_least_that_is_free_and_no_fault()
    {
        var connections = Of(free: -3, isGuessed: true).Single(static finding => finding.Subject == "connections");

        Assert.Equal(Verdict.Warning, connections.Verdict);
        Assert.StartsWith("At least 0 of 100 are free (only a member of pg_read_all_stats sees exactly); ", connections.Text, StringComparison.Ordinal);
    }

    private static List<Finding> Of(int free = 90, long locks = 0, int deadlock = 1000, double queue = 0, double trip = 1, double offset = 0, bool isGuessed = false) =>
    [
        .. Readings.Of(
            new ServerCapacity { Version = "15", MostConnections = 100, FreeConnections = free, IsFreeGuessed = isGuessed, DeadlockMilliseconds = deadlock, QueueUsage = queue },
            6400, locks, TimeSpan.FromMilliseconds(trip), TimeSpan.FromSeconds(offset), TimeSpan.FromSeconds(10)),
    ];
}

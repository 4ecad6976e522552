using Coordination.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.UnitTests.Hosting;

public sealed class CoordinationOptionsValidatorTests
{
    public static TheoryData<string, Action<CoordinationOptions>, string[]> Faults() => new()
    {
        { "no url", o => o.BackendUrl = null, ["BackendUrl is not set", "Coordination:BackendUrl", "ConnectionStrings:coordination", "COORDINATION_URI", "delegate"] },
        { "blank url", o => o.BackendUrl = " ", ["BackendUrl is not set"] },
        { "unknown scheme", o => o.BackendUrl = "mysql://u:secret@h/d", ["mysql://", "postgresql://"] },
        { "file of no folder", o => o.BackendUrl = "file:///", ["file:///", "names no folder", "file:///folder"] },
        { "file elsewhere", o => o.BackendUrl = "file://server/share", ["the machine 'server'", "file:///folder"] },
        { "memory without a name", o => o.BackendUrl = "memory://", ["memory://name"] },
        { "memory with a parameter", o => o.BackendUrl = "memory://a?b=c", ["memory://name"] },
        { "unknown parameter", o => o.BackendUrl = "postgresql://h/d?nonsense=1", ["'nonsense'"] },
        { "unknown keyword", o => o.BackendUrl = "Host=h;Nonsense=1", ["'Nonsense'"] },
        { "empty group", o => o.Group = string.Empty, ["Group is ''", "200"] },
        { "long group", o => o.Group = new string('g', 201), ["Group is 201 characters long"] },
        { "control character", o => o.Group = "a\nb", ["Group is not a text"] },
        { "NUL", o => o.MemberId = "a\0b", ["MemberId is not a text"] },
        { "half a pair", o => o.MemberId = "a" + (char)0xD800, ["MemberId is not a text"] },
        { "empty member id", o => o.MemberId = string.Empty, ["MemberId is ''"] },
        { "empty prefix", o => o.Prefix = string.Empty, ["Prefix is ''"] },
        { "null prefix", o => o.Prefix = null!, ["Prefix is null"] },
        { "long prefix", o => o.Prefix = new string('p', 101), ["Prefix is 101 characters long"] },
        { "lock prefix", o => o.LockPrefix = "a\0", ["LockPrefix is not a text"] },
        { "long lock prefix", o => o.LockPrefix = new string('p', 201), ["LockPrefix is 201 characters long"] },
        { "relative url", o => o.AdvertisedUrl = "/orders", ["AdvertisedUrl", "http://"] },
        { "no scheme", o => o.AdvertisedUrl = "10.0.0.5", ["AdvertisedUrl", "http://"] },
        { "long url", o => o.AdvertisedUrl = "http://h/" + new string('x', 2048), ["AdvertisedUrl", "2048"] },
        { "url with password", o => o.AdvertisedUrl = "http://u:secret@h/", ["AdvertisedUrl", "password"] },
        { "short lease", o => o.LeaseTime = TimeSpan.FromSeconds(1), ["LeaseTime is 00:00:01", "1.5 seconds"] },
        { "long lease", o => o.LeaseTime = TimeSpan.FromMinutes(11), ["LeaseTime is 00:11:00", "10 minutes"] },
        { "infinite lease", o => o.LeaseTime = TimeSpan.MaxValue, ["LeaseTime"] },
        { "slow beat", o => o.HeartbeatInterval = TimeSpan.FromSeconds(4), ["LeaseTime is 00:00:10", "three heartbeats of 00:00:04"] },
        { "endless beat", o => o.HeartbeatInterval = TimeSpan.MaxValue, ["three heartbeats"] },
        { "fast beat", o => o.HeartbeatInterval = TimeSpan.FromMilliseconds(99), ["HeartbeatInterval is 00:00:00.0990000", "100 milliseconds"] },
        { "negative beat", o => o.HeartbeatInterval = TimeSpan.FromSeconds(-1), ["HeartbeatInterval is -00:00:01"] },
        { "no grace", o => o.CrashGrace = TimeSpan.Zero, ["CrashGrace is 00:00:00"] },
        { "no start", o => o.StartupTimeout = Timeout.InfiniteTimeSpan, ["StartupTimeout", "Background"] },
        { "long start", o => o.StartupTimeout = TimeSpan.FromDays(2), ["StartupTimeout is 2.00:00:00"] },
        { "no waiters", o => o.MaxWaiterConnections = 0, ["MaxWaiterConnections is 0", "1 to 100"] },
        { "many waiters", o => o.MaxWaiterConnections = 101, ["MaxWaiterConnections is 101"] },
        { "negative members", o => o.MinimumMembers = -1, ["MinimumMembers is -1"] },
        { "schema in capitals", o => o.Schema = "Orders", ["Schema is 'Orders'"] },
        { "schema of the server", o => o.Schema = "pg_orders", ["Schema is 'pg_orders'"] },
        { "schema with a digit first", o => o.Schema = "1a", ["Schema is '1a'"] },
        { "schema with a quote", o => o.Schema = "a\"; drop", ["Schema is"] },
        { "empty schema", o => o.Schema = string.Empty, ["Schema is ''"] },
        { "null schema", o => o.Schema = null!, ["Schema is null"] },
        { "unknown mode", o => o.StartupMode = (StartupMode)7, ["StartupMode is 7", "Required or Background"] },
        { "unknown action", o => o.OnLeaseLost = (OnLeaseLost)7, ["OnLeaseLost is 7"] },
        { "unknown conflict", o => o.OnNameConflict = (OnNameConflict)7, ["OnNameConflict is 7", "Supersede or Fail"] },
        { "unknown format", o => o.KeyFormat = (KeyFormat)7, ["KeyFormat is 7"] },
        { "null metadata", o => o.Metadata = null!, ["Metadata is null"] },
        { "large metadata", o => o.Metadata["a"] = new string('x', 8192), ["Metadata has 8193 bytes"] },
        { "NUL in metadata", o => o.Metadata["a"] = "\0", ["Metadata 'a' has a NUL"] },
        { "unreadable section", o => o.BindingFault = "Section 'Coordination' cannot be read.", ["cannot be read"] },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_named_with_its_value_and_a_remedy(string what, Action<CoordinationOptions> spoil, string[] parts)
    {
        var options = Valid();
        spoil(options);

        var fault = Assert.Single(Validate(options));

        Assert.StartsWith("Coordination: ", fault, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, fault, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", fault, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    public static TheoryData<string, Action<CoordinationOptions>> Limits() => new()
    {
        { "shortest lease", o => o.LeaseTime = TimeSpan.FromSeconds(1.5) },
        { "longest lease", o => o.LeaseTime = TimeSpan.FromMinutes(10) },
        { "a third of the lease", o => (o.LeaseTime, o.HeartbeatInterval) = (TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(3)) },
        { "longest names", o => o.Group = o.MemberId = o.LockPrefix = new string('é', 200) },
        { "empty lock prefix", o => o.LockPrefix = string.Empty },
        { "no minimum", o => o.MinimumMembers = 0 },
        { "most metadata", o => o.Metadata["a"] = new string('x', 8191) },
        { "several hosts", o => o.BackendUrl = "postgresql://a,b:6000/d?target_session_attrs=primary" },
        { "key=value", o => o.BackendUrl = "Host=h;Password='x://y'" },
        { "memory", o => o.BackendUrl = "MEMORY://a.b-c_d" },
        { "websocket", o => o.AdvertisedUrl = "ws://h:1/x" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void What_is_just_within_the_limits_passes(string what, Action<CoordinationOptions> change)
    {
        var options = Valid();
        change(options);

        Assert.Empty(Validate(options));
        Assert.NotEmpty(what);
    }

    [Fact]
    public void All_faults_stand_in_one_message()
    {
        var faults = Validate(new CoordinationOptions { LeaseTime = TimeSpan.Zero, Prefix = string.Empty, MinimumMembers = -1 });

        Assert.Equal(4, faults.Count);
    }

    [Fact]
    public void A_keyed_membership_is_named_in_its_faults_and_looks_at_places_of_its_own()
    {
        var places = new SettingPlaces("billing");
        places.AddConnection("billing");

        var fault = Assert.Single(Validate(new CoordinationOptions(), places));

        Assert.StartsWith("Coordination 'billing': ", fault, StringComparison.Ordinal);
        Assert.Contains("'Coordination:billing:BackendUrl'", fault, StringComparison.Ordinal);
        Assert.Contains("'ConnectionStrings:billing'", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_of_another_membership_are_not_judged()
    {
        var validator = new CoordinationOptionsValidator(new SettingPlaces("billing"), "orders");

        Assert.True(validator.Validate(Options.DefaultName, new CoordinationOptions()).Skipped);
    }

    [Fact]
    public void An_application_whose_name_is_no_group_is_told_so()
    {
        var places = new SettingPlaces(key: null);

        var result = new CoordinationOptionsValidator(places, new string('x', 300)).Validate(Options.DefaultName, Valid());

        Assert.Contains("Group is 300 characters long", result.FailureMessage, StringComparison.Ordinal);
    }

    private static CoordinationOptions Valid() => new() { BackendUrl = "postgresql://app:secret@db/orders" };

    private static List<string> Validate(CoordinationOptions options, SettingPlaces? places = null)
    {
        if (places is null)
        {
            places = new SettingPlaces(key: null);
            places.AddConnection("coordination");
        }

        return [.. new CoordinationOptionsValidator(places, "orders").Validate(places.OptionsName, options).Failures ?? []];
    }
}

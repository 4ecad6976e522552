using Coordination.Backends.Postgres;
using Coordination.Hosting;
using Coordination.Locks;
using Coordination.Membership;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.UnitTests.Hosting;

/// <summary>Texts that were made to do harm, at every place where a user's text comes in: taken as they are, or refused in words.</summary>
public sealed class HostileTextTests
{
    private const string Marked = "Mkd-7f3a-w0rd";

    private static readonly string[] Pieces =
    [
        "'", "''", "\"", "\\", "\\'", "`", "; drop table members; --", "'); drop schema coordination cascade; --", "$1", "$$", "$body$", "@p", ":name", "%s", "%n", "%00", "%ZZ", "{0}", "{", "}", "{id}",
        "\0", "\r\n", "\t", "\u001b[31m", "\u200f", "\u202e", "\ufeff", "\ud800", "\udc00", "\U0001F512", "e\u0301", "é", "İ", "ß", "<script>", "&amp;", "{\"a\":", "]", ",", "/", "..", "//", "://", "?", "&", "=", "#", "@",
        ":", ":0", ":99999", "[::1", "[", "localhost", "postgresql://", "memory://", "file:///", "Host=", "Password=", "sslmode=", " ", "a", "Z", "9", "pg_", "_", "-",
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(10_000).WithQuietOnSuccess(true);

    private static Gen<string> Text =>
        from count in Gen.Frequency((20, Gen.Choose(0, 6)), (1, Gen.Choose(100, 900)))
        from pieces in Gen.Frequency((4, Gen.Elements(Pieces)), (1, Gen.Choose(0, char.MaxValue).Select(unit => ((char)unit).ToString()))).ArrayOf(count)
        select string.Concat(pieces);

    [Fact]
    public void A_lock_name_is_taken_as_it_is_or_refused() => Prop.ForAll(Arb.From(Text), text =>
    {
        LockName name;
        try
        {
            name = text;
        }
        catch (ArgumentException e)
        {
            Assert.True(text.Length == 0 || !StrictUtf8.CanExpress(text) || StrictUtf8.Encoding.GetByteCount(text) > LockName.MaxBytes, e.Message);
            return;
        }

        Assert.Equal(text, name.Value);
        foreach (var format in Enum.GetValues<KeyFormat>())
        {
            Assert.Equal(new LockKeys("p.", format).KeyOf(name), new LockKeys("p.", format).KeyOf(text));
        }
    }).Check(Many);

    [Fact]
    public void Names_that_differ_have_keys_that_differ() => Prop.ForAll(Arb.From(Text), Arb.From(Text), (one, other) =>
    {
        if (one != other && IsName(one) && IsName(other))
        {
            var keys = new LockKeys("p.", KeyFormat.Default);
            Assert.NotEqual(keys.KeyOf(one), keys.KeyOf(other));
        }
    }).Check(Many);

    [Fact]
    public void A_url_is_read_or_refused_and_no_fault_has_its_password() => Prop.ForAll(Arb.From(Text), Arb.From(Text), (one, other) =>
    {
        string[] urls =
        [
            one, $"postgresql://{one}:{Marked}@{other}", $"postgresql://app:{Marked}@{one}/{other}", $"postgresql://app:{Marked}@db/orders?{one}={other}", $"Host=db;Password={Marked};{one}={other}",
            $"postgres://app:{Marked}{one}@db/{other}", $"memory://{one}", $"file:///{one}", $"file://{one}/{other}", $"redis://{one}:{Marked}@db/{other}",
        ];
        foreach (var url in urls)
        {
            List<string> faults = [];
            BackendFactory.Check(url, faults);
            Assert.All(faults, fault => Assert.False(fault.Contains(Marked, StringComparison.Ordinal), $"{url} -> {fault}"));
            Assert.All(faults, fault => Assert.True(fault.Length < 1_000 + url.Length, $"A fault of {fault.Length} characters."));
        }
    }).Check(Many);

    [Fact]
    public void Names_in_the_options_are_taken_or_refused_with_the_option_that_is_wrong() => Prop.ForAll(Arb.From(Text), text =>
    {
        var options = new CoordinationOptions
        {
            BackendUrl = "memory://hostile", Group = text, MemberId = text, Prefix = text, LockPrefix = text, AdvertisedUrl = text, Schema = text, Metadata = { ["note"] = text },
        };
        var result = new CoordinationOptionsValidator(new SettingPlaces(key: null), "orders").Validate(string.Empty, options);

        var isName = text.Length is > 0 and <= 200 && StrictUtf8.CanExpress(text) && !text.Any(char.IsControl);
        Assert.Equal(!isName, result.Failures?.Any(fault => fault.Contains("Group is", StringComparison.Ordinal)) is true);
        Assert.Equal(!isName, result.Failures?.Any(fault => fault.Contains("MemberId is", StringComparison.Ordinal)) is true);
        Assert.All(result.Failures ?? [], fault => Assert.DoesNotContain(fault, char.IsControl));
    }).Check(Many);

    [Fact]
    public void An_advertised_url_is_taken_or_refused() => Prop.ForAll(Arb.From(Text), text =>
    {
        foreach (var url in new[] { text, $"//{text}", $"/{text}", $"file://{text}", $"http://{text}", $"http://host/{text}", $"http://app:{Marked}@{text}", $"c:/{text}", $"//\u202e{text}" })
        {
            var options = new CoordinationOptions { BackendUrl = "memory://hostile", AdvertisedUrl = url };
            var result = new CoordinationOptionsValidator(new SettingPlaces(key: null), "orders").Validate(string.Empty, options);
            Assert.All(result.Failures ?? [], fault => Assert.False(fault.Contains(Marked, StringComparison.Ordinal), fault));
        }
    }).Check(Many);

    [Fact]
    public void What_a_session_is_called_fits_the_server_and_is_whole_characters() => Prop.ForAll(Arb.From(Text), Arb.From(Text), (group, member) =>
    {
        if (StrictUtf8.CanExpress(group) && StrictUtf8.CanExpress(member))
        {
            var name = ApplicationName.Of(group, member);
            Assert.True(StrictUtf8.Encoding.GetByteCount(name) <= ApplicationName.MostBytes); // throws for half a character
        }
    }).Check(Many);

    [Fact]
    public void Metadata_is_taken_or_refused() => Prop.ForAll(Arb.From(Text), Arb.From(Text), (key, value) =>
    {
        var isText = key.Length > 0 && !key.Contains('\0', StringComparison.Ordinal) && !value.Contains('\0', StringComparison.Ordinal) && StrictUtf8.CanExpress(key) && StrictUtf8.CanExpress(value);
        var fault = Record.Exception(() => GroupMembership.CheckMetadata([new(key, value)], "metadata"));

        if (fault is not null)
        {
            Assert.IsType<ArgumentException>(fault);
        }

        Assert.True(fault is null == (isText && StrictUtf8.Encoding.GetByteCount(key) + StrictUtf8.Encoding.GetByteCount(value) <= 8_192), fault?.Message ?? "It was taken.");
    }).Check(Many);

    private static bool IsName(string text) => text.Length > 0 && StrictUtf8.CanExpress(text) && StrictUtf8.Encoding.GetByteCount(text) <= LockName.MaxBytes;
}

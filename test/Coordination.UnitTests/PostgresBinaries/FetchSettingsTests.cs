using Coordination.PostgresBinaries;

namespace Coordination.UnitTests.PostgresBinaries;

/// <summary>What the environment says about fetching, and what there is to fetch.</summary>
public sealed class FetchSettingsTests
{
    [Theory]
    [InlineData(null, null, "https://registry.npmjs.org/")]
    [InlineData("https://mirror.test/npm", null, "https://mirror.test/npm/")]
    [InlineData(null, "http://mirror.test/", "http://mirror.test/")]
    [InlineData("https://first.test", "https://second.test", "https://first.test/")]
    public void The_registry_is_the_one_of_npm(string? lower, string? upper, string expected) =>
        Assert.Equal(expected, From(("npm_config_registry", lower), ("NPM_CONFIG_REGISTRY", upper)).Registry.AbsoluteUri);

    [Theory]
    [InlineData("mirror")]
    [InlineData("file:///etc")]
    public void Another_registry_than_a_web_address_is_refused(string registry) =>
        Assert.Contains("npm_config_registry", Assert.Throws<FetchException>(() => From(("npm_config_registry", registry))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData("false", false)]
    [InlineData("1", true)]
    [InlineData("yes", true)]
    public void Fetching_is_refused_by_a_variable(string? value, bool refused) =>
        Assert.Equal(refused, From((FetchSettings.Refusal, value)).IsRefused);

    [Fact]
    public void A_cache_that_everybody_may_enter_is_taken_as_it_is_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has a variable of its own.");

        Assert.Equal("/usr/share/coordination-hosting", From(("XDG_CACHE_HOME", "/usr/share")).Cache);
    }

    [Fact]
    public void Every_package_is_pinned_by_a_whole_sum_and_stands_there_once()
    {
        Assert.All(BinaryCatalog.All, package => Assert.Equal(64, Convert.FromBase64String(package.Sha512).Length));
        Assert.Equal(BinaryCatalog.All.Count, BinaryCatalog.All.DistinctBy(package => (package.Platform, package.Server.Major)).Count());
        Assert.Equal(BinaryCatalog.All.Count, BinaryCatalog.All.DistinctBy(package => package.Sha512).Count());
    }

    [Theory]
    [InlineData("linux-x64", 14, 15, 16, 17, 18)]
    [InlineData("linux-arm64", 15, 16, 17, 18)]
    [InlineData("darwin-x64", 15, 16, 17, 18)]
    [InlineData("darwin-arm64", 15, 16, 17, 18)]
    [InlineData("windows-x64", 15, 16, 17, 18)]
    public void There_are_these_versions_for_these_machines(string platform, params int[] majors) =>
        Assert.All(majors, major => Assert.Equal(major, BinaryCatalog.Find(major, platform).Server.Major));

    [Theory]
    [InlineData(13, "linux-x64", "There are: 14, 15, 16, 17, 18.")]
    [InlineData(17, "other-x64", "linux-arm64")]
    public void What_cannot_be_fetched_is_refused_with_what_can(int major, string platform, string instead) =>
        Assert.Contains(instead, Assert.Throws<FetchException>(() => BinaryCatalog.Find(major, platform)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, null)]
    [InlineData("postgresql://here/db", null)]
    [InlineData("fetch", 17)]
    [InlineData("fetch:14", 14)]
    public void A_version_may_be_asked_for(string? text, int? major) => Assert.Equal(major, BinaryCatalog.Asked(text));

    [Fact]
    public void A_version_that_is_none_is_refused() => Assert.Throws<FetchException>(() => BinaryCatalog.Asked("fetch:new"));

    private static FetchSettings From(params (string Name, string? Value)[] variables) =>
        FetchSettings.From(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}

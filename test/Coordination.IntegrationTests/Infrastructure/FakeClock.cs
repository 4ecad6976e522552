using System.Globalization;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A wall clock that a test can set, for other processes: by libfaketime, which Linux distributions bring (Debian's package is <c>faketime</c>).</summary>
internal sealed class FakeClock : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"coordination-clock-{Guid.NewGuid():N}");
    private readonly string _library;

    private FakeClock(string library)
    {
        _library = library;
        Set(TimeSpan.Zero);
    }

    /// <summary>For the environment of a process.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment =>
    [
        ("LD_PRELOAD", _library),
        ("FAKETIME_TIMESTAMP_FILE", _file),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), // no wall clock that is set moves the other one
        ("FAKETIME_DONT_RESET", "1"),
    ];

    /// <summary>The clock as it is. Skips the test where the library is missing: the rules themselves are tested without it (VerdictTests).</summary>
    public static FakeClock New()
    {
        var library = new[] { "/usr/lib", "/usr/lib64", "/usr/local/lib" }
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateDirectories(folder).Append(folder))
            .SelectMany(folder => new[] { folder, Path.Combine(folder, "faketime") })
            .Select(folder => Path.Combine(folder, "libfaketime.so.1"))
            .FirstOrDefault(File.Exists);
        if (library is null)
        {
            Assert.Skip("No libfaketime.so.1 is on this machine. Install it (Debian: apt install faketime) to test wall clocks that jump.");
        }

        return new FakeClock(library);
    }

    /// <summary>Sets the clock: so far from the true one.</summary>
    public void Set(TimeSpan offset)
    {
        // In one step: a reader must not find half of it.
        File.WriteAllText(_file + ".new", offset.TotalSeconds.ToString("+0;-0", CultureInfo.InvariantCulture));
        File.Move(_file + ".new", _file, overwrite: true);
    }

    public void Dispose() => File.Delete(_file);
}

using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace Coordination.IntegrationTests.Faults;

/// <summary>A file with one word for each section, which all processes map: whoever is in writes its token there, and nothing of ours takes part.</summary>
/// <remarks>
/// The word is the token of whoever is in, and less than zero when that one has left. A smaller token never replaces a greater one. Whoever leaves
/// and finds another's word was not alone; whoever comes in and finds a greater token came too late. Either is a fault when its lock
/// still counts after that look: a holder that was frozen past its lease finds the same, and its lock gone.
/// </remarks>
internal sealed unsafe class SectionBoard : IDisposable
{
    private const int MostSections = 1024;
    private const int WordsOfASection = 8; // a cache line each
    private const int VisitsAt = MostSections - 2;
    private const int MetAt = MostSections - 1;
    private const long Size = MostSections * WordsOfASection * sizeof(long);

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly string _faults;
    private readonly long* _words;

    private SectionBoard(string path)
    {
        _faults = path + ".faults";
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _file = MemoryMappedFile.CreateFromFile(stream, null, Size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _words = (long*)start;
    }

    /// <summary>How many sections were visited to the end.</summary>
    public long Visits => Volatile.Read(ref Word(VisitsAt));

    /// <summary>How often somebody came in where the word of another was left: of one that was killed or frozen there.</summary>
    public long Met => Volatile.Read(ref Word(MetAt));

    public string Faults => File.Exists(_faults) ? File.ReadAllText(_faults) : string.Empty;

    public static SectionBoard Create(string path)
    {
        using (var file = new FileStream(path, FileMode.CreateNew))
        {
            file.SetLength(Size);
        }

        return new SectionBoard(path);
    }

    public static SectionBoard Open(string path) => new(path);

    /// <summary>I am in.</summary>
    public void Enter(int section, long token, Func<bool> isHeld)
    {
        ref var word = ref Word(section);
        while (true)
        {
            var found = Volatile.Read(ref word);
            if (Math.Abs(found) >= token)
            {
                Accuse(section, token, $"came in after token {Math.Abs(found)}", isHeld);
                return;
            }

            if (Interlocked.CompareExchange(ref word, token, found) == found)
            {
                if (found > 0)
                {
                    Interlocked.Increment(ref Word(MetAt));
                }

                return;
            }
        }
    }

    /// <summary>I am out.</summary>
    /// <returns>Whether the lock counted to the end.</returns>
    public bool Leave(int section, long token, Func<bool> isHeld)
    {
        var found = Interlocked.CompareExchange(ref Word(section), -token, token);
        if (found != token)
        {
            Accuse(section, token, $"was not alone: token {Math.Abs(found)} came in", isHeld);
        }

        if (!isHeld())
        {
            return false;
        }

        Interlocked.Increment(ref Word(VisitsAt));
        return true;
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    private void Accuse(int section, long token, string what, Func<bool> isHeld)
    {
        if (isHeld())
        {
            File.AppendAllText(_faults, $"section {section}, process {Environment.ProcessId}, token {token} {what}\n");
        }
    }

    private ref long Word(int section) => ref Unsafe.AsRef<long>(_words + (section * WordsOfASection));
}

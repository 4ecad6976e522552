using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Coordination.Reading;

/// <summary>The terminal's other screen while it is ours, and what is typed there; afterwards the terminal is as it was.</summary>
internal sealed class TopScreen : IRenderable, IDisposable
{
    private const string Enter = "\u001b[?1049h\u001b[?25l";

    // Whoever reads keys with .NET has switched the keypad to a mode of its own, and nobody switches it back.
    private const string Leave = "\u001b[?1l\u001b>\u001b[?25h\u001b[?1049l";

    private readonly IAnsiConsole _console;
    private readonly Action _quit;
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration? _resizing;
    private Func<int, int, IReadOnlyList<IReadOnlyList<Segment>>> _frame = static (_, _) => [];
    private bool _isLeft;

    /// <param name="console">A terminal that moves its cursor.</param>
    /// <param name="quit">Called when somebody types q.</param>
    public TopScreen(IAnsiConsole console, Action quit)
    {
        _console = console;
        _quit = quit;
        _console.Write(new ControlCode(Enter));
        _resizing = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Draw());
        if (!Console.IsInputRedirected)
        {
            // It ends with the process: a read cannot be called back. While it reads, what is typed is not shown.
            new Thread(Listen) { IsBackground = true, Name = "keys" }.Start();
        }
    }

    /// <summary>Shows something, now and whenever the terminal has another size.</summary>
    public void Show(Func<int, int, IReadOnlyList<IReadOnlyList<Segment>>> frame)
    {
        lock (_gate)
        {
            _frame = frame;
        }

        Draw();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _resizing?.Dispose();
        lock (_gate)
        {
            _isLeft = true;
            _console.Write(new ControlCode(Leave));
        }
    }

    /// <inheritdoc/>
    public Measurement Measure(RenderOptions options, int maxWidth) => new(maxWidth, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        // Each line where it belongs: what the keyboard or somebody else wrote meanwhile moves nothing.
        var lines = _frame(maxWidth, _console.Profile.Height);
        foreach (var (row, line) in lines.Index())
        {
            yield return Segment.Control(string.Create(CultureInfo.InvariantCulture, $"\u001b[{row + 1};1H"));
            foreach (var segment in line)
            {
                yield return segment;
            }

            // Behind the last cell there is nothing to erase, and the cell itself would go.
            if (Segment.CellCount(line) < maxWidth)
            {
                yield return Segment.Control("\u001b[K");
            }
        }

        if (lines.Count < _console.Profile.Height)
        {
            yield return Segment.Control(string.Create(CultureInfo.InvariantCulture, $"\u001b[{lines.Count + 1};1H\u001b[J"));
        }
    }

    private void Draw()
    {
        lock (_gate)
        {
            // A signal that is handled while we leave must not draw on the screen that was there before.
            if (!_isLeft)
            {
                _console.Write(this);
            }
        }
    }

    private void Listen()
    {
        try
        {
            while (Console.ReadKey(intercept: true).KeyChar is not ('q' or 'Q'))
            {
                // Nothing else is offered.
            }

            _quit();
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            // The terminal is gone, and a signal says so too; or it has ended meanwhile, and nobody is to be told.
        }
    }
}

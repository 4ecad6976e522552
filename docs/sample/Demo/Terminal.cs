using System.Globalization;

namespace Conductors.Demo;

/// <summary>What the demo says, each line with the seconds since its start.</summary>
internal sealed class Terminal(TimeProvider time)
{
    // Colours are for people in front of a terminal: https://no-color.org
    private static readonly bool Coloured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private readonly long _start = time.GetTimestamp();
    private readonly Lock _gate = new();

    /// <summary>Something happened.</summary>
    public void Say(string text) => Write(Elapsed() + text, null);

    /// <summary>More about what was said last.</summary>
    public void Detail(string text) => Write(new string(' ', 9) + text, ConsoleColor.DarkGray);

    /// <summary>A line without a time.</summary>
    public void Plain(string text = "") => Write(text, null);

    /// <summary>A promise that was kept.</summary>
    public void Good(string text) => Write("  kept     " + text, ConsoleColor.Green);

    /// <summary>A promise that was broken.</summary>
    public void Bad(string text) => Write("  BROKEN   " + text, ConsoleColor.Red);

    private string Elapsed() => string.Create(CultureInfo.InvariantCulture, $"{time.GetElapsedTime(_start).TotalSeconds,6:0.0} s ");

    private void Write(string text, ConsoleColor? colour)
    {
        lock (_gate)
        {
            if (Coloured && colour is { } some)
            {
                Console.ForegroundColor = some;
            }

            Console.WriteLine(text);
            if (Coloured)
            {
                Console.ResetColor();
            }
        }
    }
}

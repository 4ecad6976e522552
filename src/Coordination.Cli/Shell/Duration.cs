using System.Globalization;

namespace Coordination.Shell;

/// <summary>A length of time as people write it: <c>5s</c>, <c>500ms</c>, <c>2m</c>, <c>1h</c>; a bare number is seconds. Pure.</summary>
internal static class Duration
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(int.MaxValue);

    private static readonly (string Unit, double Milliseconds)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), (string.Empty, 1000)];

    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        var (unit, milliseconds) = Units.First(candidate => text.EndsWith(candidate.Unit, StringComparison.Ordinal));
        if (!double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || !double.IsFinite(number)
            || number * milliseconds > Longest.TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(number * milliseconds);
        return true;
    }
}

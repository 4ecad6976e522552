using System.Globalization;

namespace Coordination.Running;

/// <summary>A line that a guard is told. Both processes read the same monotonic clock, so an instant needs no translation. Pure.</summary>
/// <param name="Verb">What it is about.</param>
/// <param name="Value">An instant of the clock, or a signal.</param>
internal readonly record struct GuardLine(GuardVerb Verb, long Value)
{
    /// <summary>Nobody else can have the lock before this instant.</summary>
    public static GuardLine Until(long instant) => new(GuardVerb.Until, instant);

    /// <summary>The command may begin.</summary>
    public static GuardLine Go { get; } = new(GuardVerb.Go, 0);

    public static GuardLine Signal(int signal) => new(GuardVerb.Signal, signal);

    /// <returns>Null when it is none: a half line is what a writer leaves that was killed while it wrote.</returns>
    public static GuardLine? Parse(string text) =>
        text.Split(' ') is [var verb, var value]
        && Enum.TryParse<GuardVerb>(verb, out var known) && Enum.IsDefined(known)
        && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new GuardLine(known, number)
            : null;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Verb} {Value}");
}

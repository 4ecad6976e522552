namespace Coordination.Dashboard;

/// <summary>Durations of one kind, in milliseconds.</summary>
/// <param name="Count">How many.</param>
/// <param name="P50">Half of them took no longer.</param>
/// <param name="P99">One in a hundred took longer.</param>
/// <param name="Points50">The same for each window, the oldest first.</param>
/// <param name="Points99">The same.</param>
internal sealed record WaitSummary(int Count, double P50, double P99, IReadOnlyList<double> Points50, IReadOnlyList<double> Points99);

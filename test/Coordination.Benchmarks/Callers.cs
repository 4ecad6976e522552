using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks;

/// <summary>Concurrent callers, each taking and giving back its lock again and again without a pause.</summary>
internal static class Callers
{
    /// <summary>An entry of a contest: pairs of acquire and release a second.</summary>
    /// <param name="contender">Who locks.</param>
    /// <param name="targets">One caller each; the same one several times is contention.</param>
    public static Entry Entry(IContender contender, IReadOnlyList<LockTarget> targets) =>
        new(contender.Name, turn => RateAsync(contender, targets, turn));

    /// <summary>Pairs a second.</summary>
    public static async Task<double> RateAsync(IContender contender, IReadOnlyList<LockTarget> targets, TimeSpan turn, HoldLog? holds = null)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var callers = targets.Select(target => Task.Run(() => CallAsync(contender, target, holds, start, turn))).ToList();
        var pairs = await Task.WhenAll(callers);
        await contender.SettleAsync();
        return pairs.Sum() / time.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<long> CallAsync(IContender contender, LockTarget target, HoldLog? holds, long start, TimeSpan turn)
    {
        var pairs = 0L;
        do
        {
            await contender.PairAsync(target, holds);
            pairs++;
        }
        while (TimeProvider.System.GetElapsedTime(start) < turn);

        return pairs;
    }
}

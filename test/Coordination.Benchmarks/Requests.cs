using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks;

/// <summary>Requests as a web service has them: some names are asked for often and most of them seldom, and each is held for a millisecond.</summary>
internal static class Requests
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(1);

    /// <summary>Requests a second.</summary>
    /// <param name="contender">Who locks.</param>
    /// <param name="callers">How many requests at a time.</param>
    /// <param name="names">How many names there are; the n-th is asked for 1/n as often as the first (Zipf, s = 1).</param>
    /// <param name="turn">For how long.</param>
    public static async Task<double> RateAsync(IContender contender, int callers, int names, TimeSpan turn)
    {
        var time = TimeProvider.System;
        var targets = LockTarget.Distinct(names);
        var shares = Shares(names);
        var start = time.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            var done = 0L;
            while (time.GetElapsedTime(start) < turn)
            {
                await using (await contender.TakeAsync(targets[Choose(shares, random.NextDouble())]))
                {
                    await Task.Delay(Work, time);
                }

                done++;
            }

            return done;
        })));
        return counts.Sum() / time.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>For each name, the share of requests that go to it or to one before it.</summary>
    public static double[] Shares(int names)
    {
        var shares = new double[names];
        var sum = 0.0;
        for (var i = 0; i < names; i++)
        {
            shares[i] = sum += 1.0 / (i + 1);
        }

        for (var i = 0; i < names; i++)
        {
            shares[i] /= sum;
        }

        return shares;
    }

    private static int Choose(double[] shares, double draw)
    {
        var place = Array.BinarySearch(shares, draw);
        return Math.Min(place < 0 ? ~place : place, shares.Length - 1);
    }
}

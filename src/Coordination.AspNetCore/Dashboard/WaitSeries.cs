namespace Coordination.Dashboard;

/// <summary>Durations of one kind in windows of five seconds, sixty of them. A window counts by size, in steps of a quarter; so a percentile is right to an eighth.</summary>
internal sealed class WaitSeries(TimeProvider time)
{
    private const int Windows = 60;
    private const int Steps = 84;
    private const double Smallest = 1e-6; // seconds
    private const double Factor = 1.25;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly int[]?[] _counts = new int[]?[Windows];
    private readonly long[] _numbers = new long[Windows];
    private readonly long _start = time.GetTimestamp();

    public void Add(long now, double seconds)
    {
        var step = seconds <= Smallest ? 0 : Math.Min(Steps - 1, (int)Math.Ceiling(Math.Log(seconds / Smallest) / Math.Log(Factor)));
        var number = NumberOf(now);
        lock (_gate)
        {
            ref var counts = ref _counts[number % Windows];
            if (counts is null || _numbers[number % Windows] != number)
            {
                counts = new int[Steps];
                _numbers[number % Windows] = number;
            }

            counts[step]++;
        }
    }

    /// <summary>What was measured in the last windows, in milliseconds; a window without a measurement is 0.</summary>
    public WaitSummary Summarize(long now)
    {
        var last = NumberOf(now);
        var whole = new int[Steps];
        var (points50, points99) = (new double[Windows], new double[Windows]);
        lock (_gate)
        {
            for (var i = 0; i < Windows; i++)
            {
                var number = last - Windows + 1 + i;
                if (number < 0 || _counts[number % Windows] is not { } counts || _numbers[number % Windows] != number)
                {
                    continue;
                }

                (points50[i], points99[i]) = (Percentile(counts, 0.5), Percentile(counts, 0.99));
                for (var step = 0; step < Steps; step++)
                {
                    whole[step] += counts[step];
                }
            }
        }

        return new WaitSummary(whole.Sum(), Percentile(whole, 0.5), Percentile(whole, 0.99), points50, points99);
    }

    private static double Percentile(int[] counts, double share)
    {
        var left = (int)Math.Ceiling(counts.Sum() * share);
        if (left == 0)
        {
            return 0;
        }

        var step = 0;
        while ((left -= counts[step]) > 0)
        {
            step++;
        }

        // The middle of the step, by size.
        return Math.Round(Smallest * Math.Pow(Factor, step - 0.5) * 1000, 3);
    }

    private long NumberOf(long now) => time.GetElapsedTime(_start, now).Ticks / Length.Ticks;
}

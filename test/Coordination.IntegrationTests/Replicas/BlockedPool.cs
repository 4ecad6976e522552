using System.Globalization;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a service does to its thread pool when all its requests block.</summary>
internal static class BlockedPool
{
    /// <summary>Far more than the pool adds threads while they block.</summary>
    private const int Items = 2000;

    private static TimeProvider Time => TimeProvider.System;

    /// <summary>Blocks every thread of the pool for some time, and tells how long a work item had to wait for one.</summary>
    public static async Task<ReplicaEvent> ForAsync(TimeSpan time)
    {
        var start = Time.GetTimestamp();
        for (var i = 0; i < Items; i++)
        {
            ThreadPool.QueueUserWorkItem(_ => BlockUntil(start, time));
        }

        var ran = await Task.Run(Time.GetTimestamp);
        return new ReplicaEvent("unblocked")
        {
            Data = new Dictionary<string, string> { ["waited"] = Time.GetElapsedTime(start, ran).TotalSeconds.ToString("R", CultureInfo.InvariantCulture) },
        };
    }

    private static void BlockUntil(long start, TimeSpan time)
    {
        using var never = new ManualResetEventSlim();
        var left = time - Time.GetElapsedTime(start);
        if (left > TimeSpan.Zero)
        {
            never.Wait(left, CancellationToken.None);
        }
    }
}

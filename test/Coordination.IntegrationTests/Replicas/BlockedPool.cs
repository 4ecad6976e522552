using System.Globalization;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a service does to its thread pool when all its requests block.</summary>
internal static class BlockedPool
{
    /// <summary>Far more than the pool adds threads while they block.</summary>
    private const int Items = 2000;

    /// <summary>The locks that are asked for meanwhile; most of their answers come many at a time.</summary>
    private const int Names = 200;

    private static TimeProvider Time => TimeProvider.System;

    /// <summary>Blocks every thread of the pool for some time, and tells how long a work item had to wait for one, and how many of 200 locks were granted meanwhile.</summary>
    public static async Task<ReplicaEvent> ForAsync(TimeSpan time, ILockProvider locks)
    {
        var start = Time.GetTimestamp();
        for (var i = 0; i < Items; i++)
        {
            ThreadPool.QueueUserWorkItem(_ => BlockUntil(start, time));
        }

        var granted = GrantedAsync(locks, start, time);
        var ran = await Task.Run(Time.GetTimestamp);
        return new ReplicaEvent("unblocked")
        {
            Data = new Dictionary<string, string>
            {
                ["waited"] = Time.GetElapsedTime(start, ran).TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
                ["granted"] = (await granted).ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <summary>Takes locks on a thread of its own, which looks for their answers itself: whoever awaits them needs the pool.</summary>
    private static Task<int> GrantedAsync(ILockProvider locks, long start, TimeSpan time)
    {
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                answer.SetResult(Granted(locks, start, time));
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        }) { IsBackground = true }.Start();
        return answer.Task;
    }

    private static int Granted(ILockProvider locks, long start, TimeSpan time)
    {
        var asked = Enumerable.Range(0, Names).Select(i => locks.AcquireAsync($"blocked-{i}")).ToArray();
        int granted;
        do
        {
            Thread.Yield();
            granted = asked.Count(static claim => claim.IsCompletedSuccessfully);
        }
        while (granted < Names && Time.GetElapsedTime(start) < time);

        return granted;
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

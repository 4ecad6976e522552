namespace Coordination.Benchmarks;

/// <summary>When this process held the lock. The clock is the machine's, so the logs of several processes can be laid side by side.</summary>
internal sealed class HoldLog
{
    private const int Most = 1 << 20;

    private readonly Hold[] _holds = new Hold[Most];
    private int _count;

    public static long Now() => TimeProvider.System.GetTimestamp();

    public void Clear() => Volatile.Write(ref _count, 0);

    /// <summary>To be called by the holder, right before it gives the lock back.</summary>
    public void Add(long since)
    {
        var place = Interlocked.Increment(ref _count) - 1;
        if (place < Most)
        {
            _holds[place] = new Hold(since, Now());
        }
    }

    public async Task WriteAsync(string path)
    {
        var holds = Math.Min(Volatile.Read(ref _count), Most);
        var bytes = new byte[holds * Hold.Size];
        for (var i = 0; i < holds; i++)
        {
            _holds[i].WriteTo(bytes.AsSpan(i * Hold.Size));
        }

        await File.WriteAllBytesAsync(path, bytes);
    }

    public static async Task<Hold[]> ReadAsync(string path)
    {
        var bytes = await File.ReadAllBytesAsync(path);
        return [.. Enumerable.Range(0, bytes.Length / Hold.Size).Select(i => Hold.ReadFrom(bytes.AsSpan(i * Hold.Size)))];
    }
}

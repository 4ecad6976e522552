using System.Threading.Channels;

namespace Coordination.UnitTests;

/// <summary>Tests wait for events; the limit is for a hang only.</summary>
internal static class InTimeExtensions
{
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public static Task InTime(this Task task) => task.WaitAsync(Hang, TimeProvider.System);

    public static Task<T> InTime<T>(this Task<T> task) => task.WaitAsync(Hang, TimeProvider.System);

    public static Task<T> InTime<T>(this ValueTask<T> task) => task.AsTask().InTime();

    public static Task InTime(this ValueTask task) => task.AsTask().InTime();

    public static Task<T> NextAsync<T>(this Channel<T> channel) => channel.Reader.ReadAsync().InTime();
}

namespace Conductors.Demo;

/// <summary>
/// The process that started this one. It holds the other end of our standard input and never writes: when that pipe ends, the
/// parent wants us to end, or is gone, be it by kill -9. A process that watches it cannot be left behind.
/// </summary>
internal static class Parent
{
    /// <summary>Ends when the parent lets go.</summary>
    /// <returns>A task; continuations run on the pool.</returns>
    public static Task WaitUntilGoneAsync()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // A thread of its own: reading a pipe blocks, and blocks for as long as the parent lives.
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[16];
            while (input.Read(ignored) > 0)
            {
            }

            gone.SetResult();
        })
        { IsBackground = true, Name = "parent" }.Start();
        return gone.Task;
    }
}

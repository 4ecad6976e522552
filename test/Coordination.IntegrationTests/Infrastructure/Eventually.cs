namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>Asks again until the answer is yes: for facts in the database, which tells nobody when they change.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public static async Task BecomesTrueAsync(Func<Task<bool>> question, string claim, TimeSpan? limit = null)
    {
        var time = TimeProvider.System;
        var asked = time.GetTimestamp();
        while (!await question())
        {
            if (time.GetElapsedTime(asked) > (limit ?? Limits.Step))
            {
                throw new TimeoutException($"Not true after {time.GetElapsedTime(asked).TotalSeconds:0.0} s: {claim}.");
            }

            await Task.Delay(Pause, time);
        }
    }
}

using Coordination.Backends;
using Coordination.Backends.Postgres;

namespace Coordination.UnitTests.Backends.Postgres;

public sealed class WorkSignalTests
{
    [Fact]
    public async Task A_word_that_comes_while_the_thread_falls_asleep_wakes_it()
    {
        const int Rounds = 5_000;
        var (there, back) = (Sleepy(), Sleepy());
        var echo = OnThreadAsync(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                Hear(there);
                Say(back);
            }
        });
        var caller = OnThreadAsync(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                Say(there);
                Hear(back); // one of the two falls asleep in each round just when the other speaks: a word that got lost would leave both waiting
            }
        });

        await Task.WhenAll(echo, caller).InTime();
    }

    [Fact]
    public async Task Whoever_expects_work_wakes_the_thread_without_any()
    {
        var signal = Sleepy();
        var awake = OnThreadAsync(() => signal.Await(Timeout.InfiniteTimeSpan));

        signal.Expect();
        await awake.InTime();

        Assert.False(signal.IsSet);
    }

    [Fact]
    public async Task The_thread_wakes_by_itself_when_its_patience_is_over()
    {
        var signal = Sleepy();

        await OnThreadAsync(() => signal.Await(TimeSpan.FromMilliseconds(1))).InTime();

        Assert.False(signal.IsSet);
    }

    [Fact]
    public async Task Work_that_is_there_is_not_waited_for()
    {
        var signal = Sleepy();
        Say(signal);

        await OnThreadAsync(() => signal.Await(Timeout.InfiniteTimeSpan)).InTime();

        Assert.True(signal.IsSet);
    }

    private static WorkSignal Sleepy() => new(TimeProvider.System, new SpinPolicy(isAllowed: false));

    private static void Say(WorkSignal signal)
    {
        signal.IsSet = true;
        signal.Wake();
    }

    private static void Hear(WorkSignal signal)
    {
        while (!signal.IsSet)
        {
            signal.Await(Timeout.InfiniteTimeSpan);
        }

        signal.IsSet = false;
    }

    private static Task OnThreadAsync(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}

namespace Coordination.Benchmarks;

/// <summary>How long and how often each contender runs.</summary>
/// <param name="Name">What the user calls it.</param>
/// <param name="Rounds">How many times every contender has its turn; odd, so that the median is a round that happened.</param>
/// <param name="Turn">How long one turn lasts.</param>
/// <param name="WarmUp">How long each contender runs before the first round: compiling, connecting and filling pools is not measured.</param>
/// <param name="Kills">How many holders are killed: most of it is starting them.</param>
internal sealed record Pace(string Name, int Rounds, TimeSpan Turn, TimeSpan WarmUp, int Kills)
{
    /// <summary>Everything in about a minute; under one on a fast and quiet machine.</summary>
    public static Pace Quick { get; } = new("quick", 3, TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(250), Kills: 5);

    /// <summary>For figures that somebody will rely on.</summary>
    public static Pace Full { get; } = new("full", 11, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), Kills: 30);

    /// <summary>For what differs from turn to turn by which processor the system wakes a thread on: more rounds say more than longer ones.</summary>
    /// <param name="times">How many times as many; odd, so that the rounds stay so.</param>
    public Pace Oftener(int times) => this with { Rounds = Rounds * times };

    /// <summary>For contenders that start anew.</summary>
    /// <param name="least">How long each runs before the first round, at least.</param>
    public Pace WarmedUpFor(TimeSpan least) => this with { WarmUp = WarmUp > least ? WarmUp : least };

    /// <summary>For a figure of which nothing is asked: the time is better spent on those that must reach something.</summary>
    /// <param name="isAsked">Whether something is asked all the same.</param>
    public Pace BriefUnless(bool isAsked) => isAsked ? this : this with { Turn = Turn / 2, WarmUp = WarmUp / 2 };
}

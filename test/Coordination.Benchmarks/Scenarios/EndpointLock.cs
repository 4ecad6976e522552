using Microsoft.AspNetCore.Http;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>What <c>.RequireLock(…)</c> adds to a request over the bare acquire and release in its handler.</summary>
internal sealed class EndpointLock : IScenario
{
    /// <inheritdoc/>
    public string Name => "RequireLock adds to a request";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        await using var app = await LockedApplication.StartAsync();
        var times = await Contest.RunAsync(setting.Pace, Entry(app, "required", app.Locked, Microseconds), Entry(app, "in the handler", app.Bare, Microseconds));
        yield return Added(times, "us", Target.AtMost(15));

        // Every request allocates the same: no need to look for long.
        var bytes = await Contest.RunAsync(setting.Pace.BriefUnless(isAsked: false), Entry(app, "required", app.Locked, Bytes), Entry(app, "in the handler", app.Bare, Bytes));
        yield return Added(bytes, "bytes", Target.AtMost(1_500));
    }

    private static double Microseconds() => TimeProvider.System.GetElapsedTime(0).TotalMicroseconds;

    private static double Bytes() => GC.GetTotalAllocatedBytes(precise: true);

    private static Entry Entry(LockedApplication app, string name, Endpoint endpoint, Func<double> meter) => new(name, async turn =>
    {
        var time = TimeProvider.System;
        var (start, before) = (time.GetTimestamp(), meter());
        var requests = 0;
        while (time.GetElapsedTime(start) < turn)
        {
            await app.RequestAsync(endpoint);
            requests++;
        }

        return (meter() - before) / requests;
    });

    private Figure Added(Standings standings, string unit, Target target) => new(Name, unit, standings.Median(0) - standings.Median(1)) { Target = target };
}

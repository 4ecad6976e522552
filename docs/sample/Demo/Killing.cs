using System.Globalization;

namespace Conductors.Demo;

/// <summary>
/// A conductor is killed in the middle of an introspection, while another one waits for the same node. Two things are measured
/// from the kill: when the waiting one got the lock, and when every survivor saw a group without the dead one.
/// </summary>
internal sealed class Killing(Terminal terminal, Fleet fleet, IChecker checker, Report report)
{
    private const string Node = "handed-over";

    private static readonly TimeSpan HoldLimit = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = TimeProvider.System;

    public async Task RunAsync(ReplicaProcess victim, ReplicaProcess successor, TimeSpan limit, CancellationToken cancellationToken)
    {
        var held = PostAsync(victim, seconds: 60);
        await WaitUntilHeldAsync(victim, cancellationToken);
        var waiting = PostAsync(successor, seconds: 0);

        terminal.Say($"SIGKILL for {victim.Id} (process {victim.ProcessId}), which holds node '{Node}'; {successor.Id} waits for it.");
        fleet.Forget(victim);
        await checker.NoteDeathAsync(victim.Id, cancellationToken);
        var killed = _time.GetTimestamp();
        victim.Kill();

        var (status, at) = await waiting.WaitAsync(limit, cancellationToken);
        var (heldStatus, _) = await held;
        var takenOver = _time.GetElapsedTime(killed, at);
        terminal.Detail($"{successor.Id,-12} had the dead one's lock and was done with it after {Milliseconds(takenOver)}");
        report.Promise(
            status is 200 && heldStatus is not 200 && at > killed,
            $"A killed holder's lock went to the one that waited: {Milliseconds(takenOver)} after the kill, its work included",
            $"The killed holder answered {heldStatus?.ToString(CultureInfo.InvariantCulture) ?? "nothing"} and the one that waited {status?.ToString(CultureInfo.InvariantCulture) ?? "nothing"}, {Milliseconds(takenOver)} after the kill.");

        await WatchSurvivorsAsync(victim, killed, limit, cancellationToken);
    }

    private async Task WatchSurvivorsAsync(ReplicaProcess victim, long killed, TimeSpan limit, CancellationToken cancellationToken)
    {
        var seen = await Task.WhenAll(fleet.Survivors.Select(async watch =>
            (watch.Seer, Sighting: await watch.FindAsync(view => DemoRun.IsOut(view, victim.Id), limit, cancellationToken))));
        foreach (var (seer, sighting) in seen)
        {
            terminal.Detail($"{seer,-12} saw it gone after {DemoRun.Since(killed, sighting)}{DemoRun.Told(sighting, victim.Id)}");
        }

        report.Promise(
            seen.All(one => one.Sighting is { } sighting && _time.GetElapsedTime(killed, sighting.At) <= limit),
            $"A killed conductor was out of every survivor's view after {DemoRun.Last(killed, seen.Select(one => one.Sighting))} at the latest (lease {Fleet.LeaseTime.TotalSeconds:0} s)",
            $"Not every survivor saw {victim.Id} gone within {limit.TotalSeconds:0} s (lease {Fleet.LeaseTime.TotalSeconds:0} s): " +
            $"{string.Join(", ", seen.Select(one => $"{one.Seer} after {DemoRun.Since(killed, one.Sighting)}"))}.");
    }

    private async Task WaitUntilHeldAsync(ReplicaProcess holder, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(HoldLimit, _time);
        while (!await checker.IsWorkingAsync(holder.Id, Node, cancellationToken))
        {
            if (limit.IsCancellationRequested)
            {
                throw new DemoException($"{holder.Id} did not begin to introspect node '{Node}' within {HoldLimit.TotalSeconds:0} s. It said:\n{holder.LastLines()}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken);
        }
    }

    /// <summary>Asks this conductor itself.</summary>
    /// <returns>The status, null when there was no answer, and when that was known.</returns>
    private async Task<(int? Status, long At)> PostAsync(ReplicaProcess conductor, int seconds)
    {
        try
        {
            var url = new Uri(conductor.Url, string.Create(CultureInfo.InvariantCulture, $"/nodes/{Node}/introspect?seconds={seconds}"));
            using var answer = await fleet.Http.PostAsync(url, content: null, CancellationToken.None);
            return ((int)answer.StatusCode, _time.GetTimestamp());
        }
        catch (HttpRequestException)
        {
            return (null, _time.GetTimestamp());
        }
    }

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:N0} ms");
}

using System.Globalization;
using Conductors.Roles;
using Coordination;

namespace Conductors.Demo;

/// <summary>The story: start, work, a kill, work, a stop in order, work, judgement.</summary>
internal sealed class DemoRun(Terminal terminal, Fleet fleet, IChecker checker, Report report)
{
    // A silent member is out of the group within its lease and one second. The second one here is for a busy machine.
    private static readonly TimeSpan DeathLimit = Fleet.LeaseTime + TimeSpan.FromSeconds(2);

    // A member that leaves says so, after it has finished what it has.
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan WorkLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ViewLimit = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time = TimeProvider.System;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);

        var load = new Load(fleet.Http, fleet.Api.Url);
        load.Start();
        try
        {
            terminal.Say($"{Load.Callers} callers post introspect and abort for {Load.Nodes} nodes to the api.");
            await load.DoMoreAsync(200, WorkLimit, cancellationToken);
            await new Killing(terminal, fleet, checker, report).RunAsync(fleet.Conductors[0], fleet.Conductors[2], DeathLimit, cancellationToken);
            await load.DoMoreAsync(100, WorkLimit, cancellationToken);
            await StopOneAsync(fleet.Conductors[1], cancellationToken);
            await load.DoMoreAsync(100, WorkLimit, cancellationToken);
        }
        finally
        {
            await load.FinishAsync();
        }

        JudgeAnswers(load);
        report.CompareViews(fleet.Watches);
        await JudgeLocksAsync(cancellationToken);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        terminal.Say("Starting three conductors and an api, at the same time.");
        await fleet.StartAsync(cancellationToken);
        foreach (var replica in fleet.Running)
        {
            terminal.Detail($"{replica.Id,-12} process {replica.ProcessId,-7} {replica.Url}");
        }

        var full = fleet.Conductors.Select(conductor => conductor.Id).ToArray();
        var sightings = await Task.WhenAll(fleet.Survivors.Select(watch => watch.FindAsync(
            view => full.All(id => view.Members.Any(member => member.Id == id && member.Status is nameof(MemberStatus.Up))), ViewLimit, cancellationToken)));
        if (Array.IndexOf(sightings, null) is var blind and >= 0)
        {
            var replica = fleet.Running[blind];
            throw new DemoException($"{replica.Id} does not see all three conductors up after {ViewLimit.TotalSeconds:0} s. It said:\n{replica.LastLines()}");
        }

        terminal.Say($"All four see the same group: view {Number(sightings[0]!.View)}, {string.Join(", ", sightings[0]!.View.Members.Select(member => member.Id))}.");
    }

    private async Task StopOneAsync(ReplicaProcess replica, CancellationToken cancellationToken)
    {
        terminal.Say($"SIGTERM for {replica.Id}: it takes nothing new, finishes what it has and leaves.");
        fleet.Forget(replica);
        var asked = _time.GetTimestamp();
        replica.RequestStop();

        var seen = await Task.WhenAll(fleet.Survivors.Select(async watch =>
        {
            var leaving = await watch.FindAsync(view => !IsUp(view, replica.Id), LeaveLimit, cancellationToken);
            var left = await watch.FindAsync(view => IsOut(view, replica.Id), LeaveLimit, cancellationToken);
            return (watch.Seer, leaving, left);
        }));
        foreach (var (seer, leaving, left) in seen)
        {
            terminal.Detail($"{seer,-12} saw it leaving after {Since(asked, leaving)}, gone after {Since(asked, left)}{Told(left, replica.Id)}");
        }

        report.Promise(
            seen.All(one => one.left is not null && !one.left.View.Changes.Any(change => change.Member == replica.Id && change.Kind is nameof(MemberChangeKind.Died))),
            $"A conductor that was stopped left in order, and {seen.Length} of {seen.Length} survivors saw it, the last after {Last(asked, seen.Select(one => one.left))}",
            $"Not every survivor saw {replica.Id} leave in order within {LeaveLimit.TotalSeconds:0} s.");

        var exit = await replica.WaitForExitAsync(LeaveLimit, cancellationToken);
        report.Promise(
            exit is 0,
            "Its process ended with exit code 0",
            $"{replica.Id} ended with {exit?.ToString(CultureInfo.InvariantCulture) ?? "no exit code, it still runs"} instead of 0. It said:\n{replica.LastLines()}");
    }

    private void JudgeAnswers(Load load)
    {
        terminal.Say($"{load.Introspected} introspections done, {load.Aborted} aborts done, {load.Refused} aborts refused because the node was busy.");
        terminal.Detail($"{load.Repeated} requests met a conductor that was gone or going, and the api asked another one.");
        report.Promise(
            load.Surprises.Count == 0,
            $"Each of {load.Introspected + load.Aborted + load.Refused} callers got the right answer, through the kill and the stop",
            $"{load.Surprises.Count} answers were wrong: {string.Join("; ", load.Surprises.Take(3))}.");
        report.Promise(
            load.Refused > 0 && load.Aborted > 0,
            "An abort did not wait: 409 while the node was busy",
            $"{load.Refused} aborts met a busy node and {load.Aborted} a free one; without both nothing is shown.");
    }

    private async Task JudgeLocksAsync(CancellationToken cancellationToken)
    {
        var judgement = await checker.JudgeAsync(cancellationToken);
        report.Promise(
            judgement.Faults.Count == 0 && judgement.Conductors > 1,
            $"No lock ever had two holders: {judgement.Held} times a node was held, by {judgement.Conductors} conductors, each time with a greater token",
            judgement.Faults.Count > 0
                ? $"{judgement.Faults.Count} faults in {judgement.Held} holds: {string.Join("; ", judgement.Faults.Take(3))}."
                : $"Only {judgement.Conductors} conductor worked, so nothing is shown about locks.");
        terminal.Detail($"Judged by what they wrote: {judgement.TakenOver} nodes taken over from the killed holder, {judgement.LateWrites} late writes made harmless by their tokens.");
    }

    internal static bool IsOut(MembersAnswer view, string id) => view.Members.All(member => member.Id != id);

    internal static bool IsUp(MembersAnswer view, string id) => view.Members.Any(member => member.Id == id && member.Status is nameof(MemberStatus.Up));

    internal static string Number(MembersAnswer view) => string.Create(CultureInfo.InvariantCulture, $"{view.Epoch}.{view.View}");

    internal static string Since(long start, Sighting? sighting) =>
        sighting is null ? "never" : string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetElapsedTime(start, sighting.At).TotalMilliseconds:N0} ms");

    internal static string Last(long start, IEnumerable<Sighting?> sightings) => Since(start, sightings.MaxBy(sighting => sighting?.At));

    /// <summary>What the view itself says about the member.</summary>
    internal static string Told(Sighting? sighting, string id) =>
        sighting?.View.Changes.FirstOrDefault(change => change.Member == id) is { } change
            ? $" (view {Number(sighting.View)}: {change.Kind}{(change.Reason is null ? string.Empty : $", {change.Reason}")})"
            : string.Empty;
}

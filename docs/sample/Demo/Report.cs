using Conductors.Roles;

namespace Conductors.Demo;

/// <summary>The promises, each kept or broken. Without a broken one the exit code is 0.</summary>
internal sealed class Report
{
    private readonly List<(bool Kept, string Promise)> _promises = [];

    public int Broken => _promises.Count(promise => !promise.Kept);

    /// <summary>Notes a promise.</summary>
    /// <param name="isKept">Whether it was kept.</param>
    /// <param name="kept">What to say when it was.</param>
    /// <param name="broken">What to say when it was not: fact and value.</param>
    public void Promise(bool isKept, string kept, string broken) => _promises.Add((isKept, isKept ? kept : broken));

    /// <summary>Compares what the replicas saw: no number left out, and the same content under the same number.</summary>
    public void CompareViews(IReadOnlyList<ViewWatch> watches)
    {
        var faults = new List<string>();
        var content = new Dictionary<(long Epoch, long View), (string Seer, string Members)>();
        foreach (var watch in watches)
        {
            MembersAnswer? before = null;
            foreach (var view in watch.Sightings.Select(sighting => sighting.View))
            {
                if (before is not null && !view.IsReset && (view.Epoch, view.View) != (before.Epoch, before.View + 1))
                {
                    faults.Add($"{watch.Seer} saw view {before.Epoch}.{before.View} and then {view.Epoch}.{view.View}");
                }

                before = view;
                var members = string.Join(", ", view.Members.Select(Describe));
                if (!content.TryAdd((view.Epoch, view.View), (watch.Seer, members)) && content[(view.Epoch, view.View)] is var known && known.Members != members)
                {
                    faults.Add($"view {view.Epoch}.{view.View} is [{known.Members}] for {known.Seer} and [{members}] for {watch.Seer}");
                }
            }
        }

        Promise(
            faults.Count == 0,
            $"{watches.Count} replicas saw {content.Count} views: the same under each number, no number left out",
            $"The replicas saw different views: {string.Join("; ", faults.Take(3))}.");
    }

    public void Print(Terminal terminal)
    {
        terminal.Plain();
        foreach (var (kept, promise) in _promises)
        {
            if (kept)
            {
                terminal.Good(promise);
            }
            else
            {
                terminal.Bad(promise);
            }
        }

        terminal.Plain();
    }

    private static string Describe(MemberAnswer member) => $"{member.Id} {member.Number} {member.Status} {member.Url}";
}

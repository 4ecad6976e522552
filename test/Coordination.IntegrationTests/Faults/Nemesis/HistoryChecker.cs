namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>What must be true of every history. Pure: it reads, and knows nothing of how the history came about.</summary>
internal sealed class HistoryChecker(History history)
{
    /// <summary>From a kill to the view without the victim, in all processes to which nothing happens. Whoever is not yet allowed to accuse needs three times the grace.</summary>
    private double DetectionLimit => (3 * history.Grace) + 3;

    /// <summary>How long after a fault what follows may be laid to it.</summary>
    private double Aftermath => (3 * history.Grace) + history.Lease;

    public static IReadOnlyList<Violation> Check(History history) => new HistoryChecker(history).Check();

    /// <summary>From each kill to the moment when the last of the undisturbed processes has seen it, in seconds.</summary>
    public static IReadOnlyList<double> Detections(History history)
    {
        var checker = new HistoryChecker(history);
        return [.. checker.Kills().Select(kill => checker.Witnesses(kill.Strike).Max(witness => checker.SeenAfter(witness, kill))).OfType<double>().Where(seconds => seconds > 0)];
    }

    private List<Violation> Check() =>
    [
        .. history.Views.GroupBy(view => view.Process).SelectMany(views => Sequence([.. views])),
        .. Contents(),
        .. Evictions(),
        .. Undetected(),
        .. Offices(),
    ];

    private IEnumerable<Violation> Sequence(IReadOnlyList<SeenView> views)
    {
        foreach (var (before, view) in views.Zip(views.Skip(1)).Where(pair => pair.First.Number > 0))
        {
            if ((view.Epoch, view.Number).CompareTo((before.Epoch, before.Number)) <= 0)
            {
                yield return new("order", view.At, $"{view.Process} saw {view.Epoch}.{view.Number} after {before.Epoch}.{before.Number}");
            }
            else if (view.Epoch != before.Epoch)
            {
                yield return new("epoch", view.At, $"{view.Process} saw epoch {view.Epoch} after {before.Epoch}, and the database has lost nothing");
            }
            else if (view.IsReset)
            {
                if (!WasStruck(view.Process, view.At - Aftermath, view.At))
                {
                    yield return new("reset", view.At, $"{view.Process} was shown {view.Epoch}.{view.Number} as a whole, and nothing had happened to it");
                }
            }
            else if (view.Number != before.Number + 1)
            {
                yield return new("gap", view.At, $"{view.Process} saw {view.Epoch}.{view.Number} after {before.Epoch}.{before.Number}");
            }
            else if (!Follows(before, view))
            {
                yield return new("fold", view.At, $"{view.Process}: {view} does not follow from {before}");
            }
        }
    }

    private static bool Follows(SeenView before, SeenView view)
    {
        var members = before.Members.ToDictionary(member => member.Number);
        foreach (var change in view.Changes)
        {
            if (change.IsEnd ? !members.Remove(change.Member.Number) : members.ContainsKey(change.Member.Number) == (change.Kind is nameof(MemberChangeKind.Joined)))
            {
                return false;
            }

            if (!change.IsEnd)
            {
                members[change.Member.Number] = change.Member;
            }
        }

        return view.Changes.Count > 0 && members.Values.OrderBy(member => member.Number).SequenceEqual(view.Members);
    }

    private IEnumerable<Violation> Contents()
    {
        foreach (var same in history.Views.GroupBy(view => (view.Epoch, view.Number)))
        {
            var first = same.First();
            foreach (var other in same.Where(view => view.Content != first.Content))
            {
                yield return new("content", other.At, $"{other.Process} saw {other.Epoch}.{other.Number} as [{other.Content}], and {first.Process} as [{first.Content}]");
            }

            var shown = same.Where(view => view.Changes.Count > 0).ToList();
            foreach (var other in shown.Where(view => !view.Changes.SequenceEqual(shown[0].Changes)))
            {
                yield return new("content", other.At, $"{other.Process} saw what led to {other.Epoch}.{other.Number} as [{string.Join("; ", other.Changes)}], and {shown[0].Process} as [{string.Join("; ", shown[0].Changes)}]");
            }
        }
    }

    private IEnumerable<Violation> Evictions()
    {
        var deaths = history.Views
            .SelectMany(view => view.Changes.Where(change => change.Kind is nameof(MemberChangeKind.Died)).Select(change => (view.At, change)))
            .GroupBy(death => death.change.Member.Number)
            .Select(same => same.MinBy(death => death.At));
        foreach (var (at, change) in deaths)
        {
            var joined = history.Views.Where(view => view.Has(change.Member.Number)).Select(view => view.At).DefaultIfEmpty(at).Min();
            if (!Explains(change.Member.Id, Math.Min(joined, at - Aftermath), at))
            {
                yield return new("evicted", at, $"{change}, and it had no fault of its own");
            }
        }
    }

    /// <summary>A fault that ends a membership, or two smaller ones that came together.</summary>
    private bool Explains(string member, double from, double to)
    {
        var own = history.Strikes.Where(strike => (strike.Member ?? member) == member && strike.From <= to && strike.To >= from - Aftermath).ToList();
        return own.Any(strike => strike.Kind is StrikeKind.Killed || (strike.Kind is StrikeKind.Frozen or StrikeKind.DatabaseAway && strike.To - strike.From >= 0.85 * history.Lease))
            || own.Any(one => own.Any(other => !ReferenceEquals(one, other) && one.From <= other.To + history.Grace && other.From <= one.To + history.Grace));
    }

    private IEnumerable<Violation> Undetected()
    {
        foreach (var kill in Kills())
        {
            var (strike, number) = kill;
            foreach (var witness in Witnesses(strike).Where(witness => SeenAfter(witness, kill) is null))
            {
                yield return new("undetected", strike.From, $"{strike.Member}#{number} was killed, and {witness.Process} still had it in its view {DetectionLimit} s later");
            }
        }
    }

    /// <summary>The members that ended with a kill.</summary>
    private IEnumerable<(Strike Strike, long Number)> Kills() =>
        from strike in history.Strikes
        where strike.Kind is StrikeKind.Killed && !history.Strikes.Any(other => other.Member is null && other.From <= strike.From + DetectionLimit && other.To >= strike.From - Aftermath)
        let number = history.Views.Where(view => view.At <= strike.From).SelectMany(view => view.Members).Where(member => member.Id == strike.Member).Select(member => member.Number).DefaultIfEmpty().Max()
        where number > 0
        select (strike, number);

    /// <summary>Those that lived through the time in which the kill had to be seen, and to which nothing happened then.</summary>
    private IEnumerable<ProcessLife> Witnesses(Strike kill) => history.Lives.Where(life =>
        life.Member != kill.Member && life.From <= kill.From && life.To >= kill.From + DetectionLimit && !WasStruck(life.Process, kill.From - history.Grace, kill.From + DetectionLimit));

    /// <summary>How long it took until the witness saw it; 0 when the victim was gone before, null when it never did.</summary>
    private double? SeenAfter(ProcessLife witness, (Strike Strike, long Number) kill)
    {
        var views = history.Views.Where(view => view.Process == witness.Process && view.At <= kill.Strike.From + DetectionLimit).ToList();
        var last = views.FindLastIndex(view => view.Has(kill.Number));
        return last == views.Count - 1 ? null : Math.Max(0, views[last + 1].At - kill.Strike.From);
    }

    private bool WasStruck(string process, double from, double to)
    {
        var member = history.Lives.First(life => life.Process == process).Member;
        return history.Strikes.Any(strike => (strike.Member ?? member) == member && strike.From <= to && strike.To >= from);
    }

    private IEnumerable<Violation> Offices()
    {
        foreach (var office in history.Tenures.GroupBy(tenure => tenure.Office))
        {
            var inOrder = office.OrderBy(tenure => tenure.From).ToList();
            var reached = inOrder[0];
            foreach (var next in inOrder.Skip(1))
            {
                if (office.Key is not Tenure.Lock && next.From < reached.To && next.Process != reached.Process)
                {
                    yield return new("two", next.From, $"{reached.Process} was {reached} from {reached.From:0.000} to {reached.To:0.000}, and {next.Process} was {next} from {next.From:0.000}");
                }

                reached = next.To > reached.To ? next : reached;
            }

            foreach (var violation in office.Key is Tenure.Leader ? [] : Tokens(inOrder))
            {
                yield return violation;
            }
        }
    }

    /// <summary>Whoever came after another one had gone has a greater number.</summary>
    private static IEnumerable<Violation> Tokens(IReadOnlyList<Tenure> inOrder)
    {
        Tenure? greatest = null;
        var gone = new PriorityQueue<Tenure, double>();
        foreach (var next in inOrder)
        {
            while (gone.TryPeek(out var earlier, out var end) && end < next.From)
            {
                gone.Dequeue();
                greatest = greatest is null || earlier.Token > greatest.Token ? earlier : greatest;
            }

            if (greatest is not null && next.Token <= greatest.Token && (next.Token, next.Process) != (greatest.Token, greatest.Process))
            {
                yield return new("token", next.From, $"{next.Process} was granted {next.Office} under {next.Token} after {greatest.Process} had had it under {greatest.Token}");
            }

            gone.Enqueue(next, next.To);
        }
    }
}

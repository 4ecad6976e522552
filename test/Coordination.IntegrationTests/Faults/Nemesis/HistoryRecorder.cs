using System.Globalization;
using System.Text.RegularExpressions;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>Remembers who lived and what was done, and puts it together with what the processes said.</summary>
internal sealed partial class HistoryRecorder(TimeProvider time)
{
    private readonly object _gate = new();
    private readonly long _start = time.GetTimestamp();
    private readonly List<(ProcessLife Life, Replica Replica)> _lives = [];
    private readonly List<Strike> _strikes = [];

    /// <summary>Seconds since the beginning.</summary>
    public double Now => At(time.GetTimestamp());

    public void Lives(string process, string member, Replica replica)
    {
        lock (_gate)
        {
            _lives.Add((new ProcessLife(process, member, Now, double.PositiveInfinity), replica));
        }
    }

    /// <summary>To be told before it is killed or told to stop.</summary>
    public void Ends(string process)
    {
        lock (_gate)
        {
            var place = _lives.FindIndex(known => known.Life.Process == process);
            _lives[place] = (_lives[place].Life with { To = Now }, _lives[place].Replica);
        }
    }

    /// <summary>Strikes, and remembers it with the time it took.</summary>
    public async Task StrikeAsync(StrikeKind kind, string? member, Func<Task> how)
    {
        var from = Now;
        await how();
        lock (_gate)
        {
            _strikes.Add(new Strike(kind, member, from, Now));
        }
    }

    public History Read(TimeSpan lease, TimeSpan grace)
    {
        lock (_gate)
        {
            var said = _lives.SelectMany(known => known.Replica.Events.Select(one => (known.Life.Process, Event: one))).ToList();
            return new History(lease.TotalSeconds, grace.TotalSeconds)
            {
                Lives = [.. _lives.Select(known => known.Life)],
                Strikes = [.. _strikes],
                Views = [.. said.Where(one => one.Event.Kind is "view").Select(one => ViewOf(one.Process, one.Event))],
                Tenures = [.. said.Where(one => one.Event.Kind is "office").GroupBy(one => (one.Process, one.Event.Id, one.Event.Begin)).Select(one => TenureOf(one.Key.Process, one.Last().Event)).Where(tenure => tenure.From < tenure.To)],
            };
        }
    }

    private double At(long timestamp) => time.GetElapsedTime(_start, timestamp).TotalSeconds;

    private Tenure TenureOf(string process, ReplicaEvent said) => new(said.Id!, process, said.Token, At(said.Begin), At(said.End));

    private SeenView ViewOf(string process, ReplicaEvent said) => new(
        process, At(said.At), said.Epoch, said.View, said.IsReset, [.. said.Members.Select(MemberOf)], [.. said.Details.Select(ChangeOf)], said.Content ?? string.Empty);

    private static SeenMember MemberOf(string text) => MemberOf(Member().Match(text));

    private static SeenMember MemberOf(Match match) => match.Success
        ? new(match.Groups["id"].Value, long.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture), match.Groups["status"].Value)
        : throw new FormatException("A replica described a member in another way than this reads.");

    private static SeenChange ChangeOf(string text)
    {
        var kind = text.IndexOf(' ', StringComparison.Ordinal);
        var match = Member().Match(text, kind + 1);
        var reason = match.Index + match.Length;
        return new SeenChange(text[..kind], MemberOf(match), reason < text.Length ? text[(reason + 2)..] : null);
    }

    [GeneratedRegex(@"(?<id>\S+) \(number (?<number>\d+), (?<status>\w+)\)")]
    private static partial Regex Member();
}

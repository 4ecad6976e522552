using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.Benchmarks.Members;

/// <summary>A group: most of its members in a few processes, and some alone in theirs, to be killed.</summary>
internal sealed class MemberFleet : IAsyncDisposable
{
    /// <summary>Few processes, so that what is measured is members and not runtimes; more than one, so that none has all the work.</summary>
    private const int MostInOneProcess = 50;

    private readonly List<MemberProcess> _many = [];
    private readonly List<(MemberProcess Process, string Id)> _alone = [];

    public int Members { get; private set; }

    /// <summary>Starts the processes and lets all members join at once.</summary>
    /// <param name="members">How many.</param>
    /// <param name="alone">How many of them in a process of their own.</param>
    /// <param name="group">Which group.</param>
    /// <param name="mode">What their heartbeats write.</param>
    /// <param name="server">Its server.</param>
    /// <returns>The fleet, and what it took.</returns>
    public static async Task<(MemberFleet Fleet, JoinFigures Join)> StartAsync(int members, int alone, string group, HeartbeatMode mode, ServerAddress server)
    {
        var url = server.Url;
        var fleet = new MemberFleet { Members = members };
        try
        {
            for (var left = members - alone; left > 0; left -= MostInOneProcess)
            {
                fleet._many.Add(await MemberProcess.StartAsync(Math.Min(left, MostInOneProcess), group, mode, url));
            }

            List<MemberProcess> lonely = [];
            for (var i = 0; i < alone; i++)
            {
                lonely.Add(await MemberProcess.StartAsync(1, group, mode, url));
                fleet._alone.Add((lonely[i], string.Empty));
            }

            var (before, own) = (await ServerUse.ReadAsync(server), await fleet.ProcessorAsync());
            var start = TimeProvider.System.GetTimestamp();
            var joins = fleet._many.Select(process => process.JoinAsync()).ToList();
            var ids = await Task.WhenAll(lonely.Select(process => process.JoinAsync()));
            await Task.WhenAll(joins);
            var joined = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            fleet._alone.Clear();
            fleet._alone.AddRange(lonely.Zip(ids, (process, id) => (process, id[0])));
            var seen = await Task.WhenAll(fleet.Processes.Select(process => process.CountsAsync(members)));
            var after = await ServerUse.ReadAsync(server);
            return (fleet, new JoinFigures(
                joined,
                seen.SelectMany(times => times).Max(at => TimeProvider.System.GetElapsedTime(start, at).TotalSeconds),
                (after.ProcessorMilliseconds - before.ProcessorMilliseconds) / 1000,
                (await fleet.ProcessorAsync() - own) / 1000,
                after.Transactions - before.Transactions));
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    private IEnumerable<MemberProcess> Processes => _many.Concat(_alone.Select(alone => alone.Process));

    /// <returns>Processor time of all members until now, in milliseconds.</returns>
    public async Task<double> ProcessorAsync() => (await Task.WhenAll(Processes.Select(process => process.ProcessorAsync()))).Sum();

    /// <summary>Kills the next process that has one member.</summary>
    /// <returns>How long it took until each of the others saw it, in milliseconds; null when nobody is left to be killed.</returns>
    public async Task<double[]?> KillOneAsync()
    {
        if (_alone.Count == 0)
        {
            return null;
        }

        var (victim, id) = _alone[0];
        _alone.RemoveAt(0);
        var killed = victim.Kill();
        await victim.DisposeAsync();
        var seen = await Task.WhenAll(Processes.Select(process => process.BuriesAsync(id)));
        Members--;
        return [.. seen.SelectMany(times => times).Select(at => TimeProvider.System.GetElapsedTime(killed, at).TotalMilliseconds)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(Processes.Select(process => process.DisposeAsync().AsTask()));
}

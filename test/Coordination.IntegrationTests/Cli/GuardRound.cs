using System.Globalization;
using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>One run of a cron job on two machines: both start at the same time, and whoever is first is struck.</summary>
/// <remarks>
/// The command judges by itself, and by the kernel's word: it holds a lock on a file for its life, and so does everything that it starts. Whoever finds
/// that lock taken writes <c>overlap</c> instead of <c>start</c>. The first command of a round runs until it is told to finish or is killed, the second is soon done.
/// </remarks>
internal sealed class GuardRound(Relay[] networks, string name, GuardStrike strike, TimeSpan delay) : IAsyncDisposable
{
    public const int OwnCode = 7;

    private const string Script = """
        exec 9>>"$0/running"
        flock -n 9 && word=start || word=overlap
        mkdir "$0/first" 2>/dev/null && n=600 || n=3
        echo "$word $1 $COORDINATION_TOKEN $$ $PPID" >>"$0/log"
        while [ ! -e "$0/finish" ] && [ $n -gt 0 ]; do sleep 0.1; n=$((n - 1)); done
        echo "end $1 $COORDINATION_TOKEN" >>"$0/log"
        exit 7
        """;

    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(700);

    private readonly TemporaryFolder _folder = new();
    private readonly List<CliProcess> _machines = [];

    private string Log => Path.Combine(_folder.Path, "log");

    /// <summary>Lets it happen, and says what was not as it must be.</summary>
    public async Task<IReadOnlyList<string>> PlayAsync(TestDatabase database)
    {
        foreach (var (machine, network) in networks.Index())
        {
            _machines.Add(CliProcess.Start(
                (database.Address with { Host = network.Address.Host, Port = network.Address.Port }).Url,
                "run", name, "--group", "cron", "--lease", "6s", "--connect-timeout", "90s", "--", "sh", "-c", Script, _folder.Path, machine.ToString(CultureInfo.InvariantCulture)));
        }

        var first = await FirstAsync();
        await Task.Delay(delay, TimeProvider.System);
        await StrikeAsync(first);
        var other = await _machines[1 - first.Machine].EndAsync(Limits.Long);
        await RecoverAsync(first);
        var struck = await _machines[first.Machine].EndAsync(Limits.Long);
        return Judge(struck, other);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines)
        {
            await machine.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task<GuardStart> FirstAsync()
    {
        await Eventually.BecomesTrueAsync(() => Task.FromResult(File.Exists(Log) && File.ReadAllText(Log).EndsWith('\n')), "one of the two has begun", Limits.Long);
        var words = File.ReadLines(Log).First().Split(' ');
        return new GuardStart(int.Parse(words[1], CultureInfo.InvariantCulture), int.Parse(words[3], CultureInfo.InvariantCulture), int.Parse(words[4], CultureInfo.InvariantCulture));
    }

    private async Task StrikeAsync(GuardStart first)
    {
        var holder = _machines[first.Machine];
        switch (strike)
        {
            case GuardStrike.None:
                await FinishAsync();
                break;
            case GuardStrike.HolderKilled:
                await holder.SignalAsync("KILL");
                break;
            case GuardStrike.HolderFrozen:
                await holder.SignalAsync("STOP");
                break;
            case GuardStrike.HolderNaps:
                await holder.SignalAsync("STOP");
                await Task.Delay(Nap, TimeProvider.System);
                await holder.SignalAsync("CONT");
                await FinishAsync();
                break;
            case GuardStrike.GuardKilled:
                await CliProcess.SignalAsync("KILL", first.Guard);
                break;
            case GuardStrike.GuardNaps:
                await CliProcess.SignalAsync("STOP", first.Guard);
                await FinishAsync();
                await Task.Delay(Nap, TimeProvider.System);
                await CliProcess.SignalAsync("CONT", first.Guard);
                break;
            case GuardStrike.NetworkSilent:
                networks[first.Machine].Silence();
                break;
            case GuardStrike.NetworkSilentAndGuardFrozen:
                await CliProcess.SignalAsync("STOP", first.Guard);
                networks[first.Machine].Silence();
                break;
            case GuardStrike.NetworkSilentAndHolderFrozen:
                networks[first.Machine].Silence();
                await holder.SignalAsync("STOP");
                break;
            case GuardStrike.CommandKilled:
                await CliProcess.SignalAsync("KILL", first.Command);
                break;
            case GuardStrike.HolderTerminated:
                await holder.SignalAsync("TERM");
                break;
            case GuardStrike.NetworkCut:
                networks[first.Machine].Cut();
                break;
        }
    }

    private async Task RecoverAsync(GuardStart first)
    {
        if (strike is GuardStrike.HolderFrozen or GuardStrike.NetworkSilentAndHolderFrozen)
        {
            await _machines[first.Machine].SignalAsync("CONT");
        }

        networks[first.Machine].Restore();
    }

    private Task FinishAsync() => File.WriteAllTextAsync(Path.Combine(_folder.Path, "finish"), string.Empty);

    private List<string> Judge(CliResult struck, CliResult other)
    {
        var expected = strike switch
        {
            GuardStrike.None or GuardStrike.HolderNaps or GuardStrike.GuardNaps => OwnCode,
            GuardStrike.HolderKilled or GuardStrike.GuardKilled or GuardStrike.CommandKilled => 137,
            GuardStrike.HolderTerminated => 143,
            _ => 76,
        };
        var log = File.ReadAllLines(Log);
        var tokens = log.Where(static line => !line.StartsWith("end", StringComparison.Ordinal)).Select(static line => long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture)).ToList();
        List<string> faults = [];
        if (log.Any(static line => line.StartsWith("overlap", StringComparison.Ordinal)))
        {
            faults.Add("the command ran twice at one instant");
        }

        if (tokens is not [var one, var two] || two <= one)
        {
            faults.Add($"the tokens are {string.Join(", ", tokens)}");
        }

        if (struck.Code != expected || other.Code != OwnCode)
        {
            faults.Add($"the exit codes are {struck.Code} and {other.Code} instead of {expected} and {OwnCode}");
        }

        return [.. faults.Select(fault => $"{strike} after {delay.TotalMilliseconds:0} ms: {fault}. Log: {string.Join(" | ", log)}. Said: {struck.Errors} / {other.Errors}")];
    }
}

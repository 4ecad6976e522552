using System.Collections.Concurrent;
using System.Text.Json;
using Coordination.IntegrationTests.Faults;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a replica does when its test says so. Every command is answered by one event with the same id.</summary>
internal sealed class ReplicaCommands(
    ILockProvider locks,
    IGroupMembership group,
    HealthCheckService health,
    IHost host,
    CriticalSectionWorker worker,
    LeaderCommands leaders,
    OfficeSeeker offices,
    Tongue tongue)
{
    private readonly ConcurrentDictionary<string, ILockHandle> _handles = new();
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _acquiring = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _requests = new();
    private volatile Task _stopping = Task.CompletedTask;

    public void Do(string line)
    {
        var command = JsonSerializer.Deserialize<ReplicaCommand>(line) ?? throw new InvalidOperationException("An empty command.");
        var answered = AnswerAsync(command);
        if (command.Verb == "stop-twice")
        {
            _stopping = answered;
        }
    }

    /// <summary>Completes when what stopped the host has been answered: without this the program could end before.</summary>
    public Task StoppedAsync() => _stopping;

    /// <summary>Waits for the command <c>finish</c> of this name.</summary>
    public Task FinishAsync(string name) => RequestOf(name).Task;

    public async Task TellViewsAsync()
    {
        await foreach (var view in group.WatchAsync())
        {
            tongue.Say(new ReplicaEvent("view")
            {
                Epoch = view.Number.Epoch,
                View = view.Number.Number,
                IsReset = view.IsReset,
                Members = [.. view.Members.Select(member => member.ToString())],
                Changes = [.. view.Changes.Select(change => $"{change.Kind} {change.Member.Id}")],
                Details = [.. view.Changes.Select(change => $"{change.Kind} {change.Member}{(change.Reason is null ? string.Empty : ": " + change.Reason)}")],
                Content = string.Join("; ", view.Members.Select(Describe)),
            });
        }
    }

    private async Task AnswerAsync(ReplicaCommand command)
    {
        try
        {
            tongue.Say((await RunAsync(command)) with { Id = command.Id });
        }
        catch (Exception e)
        {
            tongue.Say(new ReplicaEvent("error") { Id = command.Id, Text = $"{e.GetType().Name}: {e.Message}" });
        }
    }

    private Task<ReplicaEvent> RunAsync(ReplicaCommand command) => command.Verb switch
    {
        "acquire" => AcquireAsync(command),
        "try" => TryAsync(command),
        "cancel" => CancelAsync(command),
        "release" => ReleaseAsync(command),
        "look" => Task.FromResult(Look(command.Name)),
        "waiters" => WaitersAsync(command),
        "confirm" => ConfirmAsync(command),
        "state" => Task.FromResult(State()),
        "health" => HealthAsync(),
        "finish" => Task.FromResult(Finish(command)),
        "many" => ManyAsync(command),
        "write" => WriteAsync(command),
        "sections-stop" => Task.FromResult(StopSections()),
        "sections" => worker.RunAsync(command),
        "board-sections" => worker.RunOnBoardAsync(command),
        "campaign" => leaders.CampaignAsync(command),
        "resign" => leaders.ResignAsync(command),
        "look-term" => Task.FromResult(leaders.Look(command)),
        "leader" => leaders.TellLeaderAsync(command),
        "lead" => Task.FromResult(leaders.LeadAgainAndAgain(command)),
        "block-pool" => BlockedPool.ForAsync(TimeSpan.FromSeconds(command.TimeoutSeconds ?? 0), locks),
        "offices" => Task.FromResult(TakeOffices()),
        "stop-twice" => StopTwiceAsync(),
        _ => throw new InvalidOperationException($"Unknown command '{command.Verb}'."),
    };

    private async Task<ReplicaEvent> AcquireAsync(ReplicaCommand command)
    {
        using var canceled = new CancellationTokenSource();
        _acquiring[command.Id] = canceled;
        var handle = await locks.AcquireAsync(command.Name, RequestOf(command), canceled.Token);
        return Keep(command.Id, handle);
    }

    private async Task<ReplicaEvent> TryAsync(ReplicaCommand command) =>
        await locks.TryAcquireAsync(command.Name, RequestOf(command)) is { } handle ? Keep(command.Id, handle) : new ReplicaEvent("busy");

    private async Task<ReplicaEvent> CancelAsync(ReplicaCommand command)
    {
        await _acquiring[command.Name].CancelAsync();
        return new ReplicaEvent("canceled");
    }

    private ReplicaEvent Keep(string id, ILockHandle handle)
    {
        _handles[id] = handle;
        handle.Lost.Register(() => tongue.Say(new ReplicaEvent("lost") { Id = id, Token = handle.Token.Value }));
        return new ReplicaEvent("acquired") { Token = handle.Token.Value, IsHeld = handle.IsHeld };
    }

    private async Task<ReplicaEvent> ReleaseAsync(ReplicaCommand command) =>
        new("released") { Text = (await _handles[command.Name].ReleaseAsync()).ToString() };

    private ReplicaEvent Look(string id)
    {
        var handle = _handles[id];
        return new ReplicaEvent("look") { IsHeld = handle.IsHeld, IsLost = handle.Lost.IsCancellationRequested, Text = group.State.ToString() };
    }

    private async Task<ReplicaEvent> WaitersAsync(ReplicaCommand command) =>
        new("waiters") { View = (await locks.InspectAsync(command.Name)).Waiters };

    private async Task<ReplicaEvent> ConfirmAsync(ReplicaCommand command) =>
        new("confirmed") { IsHeld = await _handles[command.Name].ConfirmAsync() };

    private ReplicaEvent State() => new("state")
    {
        Text = group.State.ToString(),
        MemberNumber = group.Self?.Number ?? 0,
        Epoch = group.Current.Number.Epoch,
        View = group.Current.Number.Number,
        Members = [.. group.Current.Members.Select(member => member.ToString())],
        Data = group.Current.Members.ToDictionary(member => member.Id, member => member.Url?.ToString() ?? string.Empty),
    };

    private async Task<ReplicaEvent> HealthAsync()
    {
        var report = await health.CheckHealthAsync();
        var data = report.Entries.SelectMany(entry => entry.Value.Data).ToDictionary(pair => pair.Key, pair => pair.Value?.ToString() ?? string.Empty);
        return new ReplicaEvent("health") { Text = report.Status.ToString(), Data = data };
    }

    private ReplicaEvent Finish(ReplicaCommand command)
    {
        RequestOf(command.Name).TrySetResult();
        return new ReplicaEvent("finished");
    }

    /// <summary>Acquires and releases <c>Count</c> names that nobody else uses, 64 at a time.</summary>
    private async Task<ReplicaEvent> ManyAsync(ReplicaCommand command)
    {
        await Parallel.ForAsync(0, command.Count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, cancellationToken) =>
        {
            await using var held = await locks.AcquireAsync($"{command.Name}-{i}", cancellationToken: cancellationToken);
        });
        return new ReplicaEvent("done");
    }

    /// <summary>Writes under the token of a handle, whatever has become of it: what a holder does that woke up too late.</summary>
    private async Task<ReplicaEvent> WriteAsync(ReplicaCommand command)
    {
        var handle = _handles[command.Name];
        await using var connection = new NpgsqlConnection(command.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            await FenceGuard.CheckAsync(transaction, handle.Name.Value, handle.Token);
            await transaction.CommitAsync();
            return new ReplicaEvent("written") { Token = handle.Token.Value };
        }
        catch (StaleTokenException e)
        {
            return new ReplicaEvent("refused") { Token = handle.Token.Value, Text = e.Message };
        }
    }

    private ReplicaEvent TakeOffices()
    {
        offices.Start();
        return new ReplicaEvent("taking-offices");
    }

    private ReplicaEvent StopSections()
    {
        worker.Stop();
        return new ReplicaEvent("stopping-sections");
    }

    private async Task<ReplicaEvent> StopTwiceAsync()
    {
        await Task.WhenAll(Task.Run(() => host.StopAsync()), Task.Run(() => host.StopAsync()));
        return new ReplicaEvent("stopped-twice");
    }

    private static string Describe(Member member) =>
        $"{member} since {member.JoinedAt:O} at {member.Url} with {string.Join(", ", member.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"))}";

    private TaskCompletionSource RequestOf(string name) =>
        _requests.GetOrAdd(name, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private static LockRequest RequestOf(ReplicaCommand command) =>
        new() { Timeout = command.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null, MaxHolders = command.MaxHolders };
}

using System.Collections.Concurrent;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>What a replica does about roles when its test says so.</summary>
internal sealed class LeaderCommands(ILeaderElection election, Tongue tongue)
{
    private readonly ConcurrentDictionary<string, ILeaderTerm> _terms = new();

    /// <summary>Campaigns for role <c>Name</c>; the term goes under the command's id.</summary>
    public async Task<ReplicaEvent> CampaignAsync(ReplicaCommand command)
    {
        var term = await election.CampaignAsync(command.Name);
        _terms[command.Id] = term;
        return new ReplicaEvent("leads") { Token = term.Token.Value, IsHeld = term.IsHeld };
    }

    public async Task<ReplicaEvent> ResignAsync(ReplicaCommand command)
    {
        await _terms[command.Name].ResignAsync();
        return new ReplicaEvent("resigned");
    }

    public ReplicaEvent Look(ReplicaCommand command)
    {
        var term = _terms[command.Name];
        return new ReplicaEvent("term") { IsHeld = term.IsHeld, IsLost = term.Lost.IsCancellationRequested, Token = term.Token.Value };
    }

    public async Task<ReplicaEvent> TellLeaderAsync(ReplicaCommand command) => new("leader") { Text = (await election.GetLeaderAsync(command.Name))?.Id };

    /// <summary>
    /// Leads role <c>Name</c> whenever it can, for good, and says when each term begins and ends. The moments lie inside the term: the end is said by the
    /// callback of <see cref="ILeaderTerm.Lost"/>.
    /// </summary>
    public ReplicaEvent LeadAgainAndAgain(ReplicaCommand command)
    {
        _ = Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    await using var term = await election.CampaignAsync(command.Name);
                    tongue.Say(new ReplicaEvent("begin") { Id = command.Name, Token = term.Token.Value });
                    var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    await using var told = term.Lost.UnsafeRegister(
                        _ =>
                        {
                            tongue.Say(new ReplicaEvent("end") { Id = command.Name, Token = term.Token.Value });
                            ended.SetResult();
                        },
                        null);
                    await ended.Task;
                }
                catch (CoordinationUnavailableException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // the connection is away
                }
            }
        });
        return new ReplicaEvent("leading");
    }
}

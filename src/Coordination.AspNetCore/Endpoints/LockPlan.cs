using Coordination.Problems;
using Coordination.Templates;
using Microsoft.AspNetCore.Http;

namespace Coordination.Endpoints;

/// <summary>What one endpoint does about its locks: decided once, when the host starts. A plan with faults lets no request in.</summary>
/// <param name="Endpoint">What the endpoint is called in messages.</param>
/// <param name="Requirements">What asks for its locks; at least one.</param>
/// <param name="Terms">How its locks are asked for, all of them alike.</param>
/// <param name="Answers">What a request without them is answered.</param>
/// <param name="Namings">Their names, one for each requirement.</param>
/// <param name="Tokens">The places and names of the handler's CancellationToken parameters.</param>
/// <param name="Faults">What is wrong; empty for a plan that can run.</param>
internal sealed record LockPlan(
    string Endpoint,
    IReadOnlyList<ILockRequirement> Requirements,
    LockTerms Terms,
    LockAnswers Answers,
    IReadOnlyList<LockNaming> Namings,
    IReadOnlyList<(int Place, string Name)> Tokens,
    IReadOnlyList<string> Faults)
{
    private LockRequest Request { get; } = Terms.RequestFor(Endpoint, Namings.Select(naming => naming.Template?.Shape ?? Endpoint));

    /// <summary>Whether a request that runs under the other plan holds all locks of this one: an action has a plan for each of its routes.</summary>
    public bool IsCoveredBy(LockPlan? other) =>
        other is not null && (ReferenceEquals(this, other) || Requirements.All(requirement => other.Requirements.Any(held => ReferenceEquals(held, requirement))));

    /// <summary>The names for a request, or the answer when its values make none.</summary>
    public CoordinationProblem? TryName(HttpContext context, in LockArguments arguments, out LockName first, out LockName[]? all)
    {
        all = null;
        var problem = Namings[0].TryName(context, arguments, out first);
        if (problem is not null || Namings.Count == 1)
        {
            return problem;
        }

        all = new LockName[Namings.Count];
        all[0] = first;
        for (var i = 1; i < Namings.Count && problem is null; i++)
        {
            problem = Namings[i].TryName(context, arguments, out all[i]);
        }

        return problem;
    }

    // Not async: the caller's flow must learn of the claim, so that asking again in the handler is seen as a deadlock.

    /// <summary>Asks for the locks: null when they are held and the terms are not to wait.</summary>
    public ValueTask<ILockHandle?> AskAsync(ILockProvider locks, LockName first, LockName[]? all, CancellationToken cancellationToken)
    {
        if (Terms.Timeout == TimeSpan.Zero)
        {
            return all is null ? locks.TryAcquireAsync(first, Request, cancellationToken) : locks.TryAcquireAllAsync(all, Request, cancellationToken);
        }

        return (all is null ? locks.AcquireAsync(first, Request, cancellationToken) : locks.AcquireAllAsync(all, Request, cancellationToken))!;
    }

    /// <summary>Gives the handler a token that also fires when the lock is lost, where it was bound to the request's own.</summary>
    public void ReplaceTokens(in LockArguments arguments, CancellationToken before, CancellationToken after)
    {
        foreach (var (place, name) in Tokens)
        {
            arguments.ReplaceToken(place, name, before, after);
        }
    }
}

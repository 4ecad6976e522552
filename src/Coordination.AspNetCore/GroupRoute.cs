namespace Coordination;

/// <summary>Where a request was sent.</summary>
/// <param name="Member">The member that was asked last: whose answer the response is.</param>
/// <param name="Passed">Those that were asked before it and did not take the request, in order.</param>
public sealed record GroupRoute(Member Member, IReadOnlyList<Member> Passed);

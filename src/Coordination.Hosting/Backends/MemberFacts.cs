namespace Coordination.Backends;

/// <summary>A living member and what a backend knows besides.</summary>
/// <param name="Member">The member.</param>
/// <param name="LastHeartbeat">By the server's clock.</param>
/// <param name="LeaseTime">Its own.</param>
/// <param name="OverdueAfter">How old its last heartbeat may look.</param>
/// <param name="Holding">How many locks it shows that it holds.</param>
/// <param name="Waiting">How many locks it shows that it waits for.</param>
/// <param name="Connections">How many it has.</param>
internal sealed record MemberFacts(Member Member, DateTimeOffset LastHeartbeat, TimeSpan LeaseTime, TimeSpan OverdueAfter, int Holding, int Waiting, int Connections);

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>A time during which a process had an office: what it saw of itself, sampled by the clock that all processes share.</summary>
/// <param name="Office">Which office.</param>
/// <param name="Process">Who had it.</param>
/// <param name="Token">The number of the grant; for the leader of the group, the member's number.</param>
/// <param name="From">A moment after it had it for the first time, in seconds.</param>
/// <param name="To">A moment before it looked for the last time and had it, in seconds.</param>
internal sealed record Tenure(string Office, string Process, long Token, double From, double To)
{
    /// <summary>The leader of the group, as the view and the lease say.</summary>
    public const string Leader = "leader of the group";

    /// <summary>The leader of a role.</summary>
    public const string Role = "leader of the role";

    /// <summary>A lock. A session that an operator ends frees it before its holder can know, so only its tokens say who came first.</summary>
    public const string Lock = "lock";

    public override string ToString() => $"{Office} under {Token} for {To - From:0.000} s";
}

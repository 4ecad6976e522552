namespace Coordination.Leadership;

/// <summary>The term that a scope of services was made for.</summary>
internal sealed class TermInScope
{
    public ILeaderTerm? Term { get; set; }
}

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>A member as a process saw it.</summary>
internal sealed record SeenMember(string Id, long Number, string Status)
{
    public override string ToString() => $"{Id}#{Number} {Status}";
}

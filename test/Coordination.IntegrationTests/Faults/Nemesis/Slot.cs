using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Faults.Nemesis;

/// <summary>A place in the group: a member id, and the process that has it now.</summary>
internal sealed class Slot(string member)
{
    private int _processes;

    public string Member => member;

    public string Process { get; private set; } = string.Empty;

    public Replica? Replica { get; private set; }

    /// <summary>What still happens to it; completed when it runs undisturbed.</summary>
    public Task Trouble { get; set; } = Task.CompletedTask;

    public string NextProcess() => Process = $"{member}/{++_processes}";

    public void Has(Replica? replica) => Replica = replica;
}

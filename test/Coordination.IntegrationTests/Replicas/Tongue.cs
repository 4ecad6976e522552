using System.Text.Json;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>How a replica speaks: events on standard output, stamped and one at a time.</summary>
internal sealed class Tongue(TextWriter output)
{
    private readonly object _gate = new();

    public void Say(ReplicaEvent what)
    {
        var line = JsonSerializer.Serialize(what with { At = TimeProvider.System.GetTimestamp() });
        lock (_gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}

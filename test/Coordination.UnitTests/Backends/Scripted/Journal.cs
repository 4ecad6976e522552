using System.Collections.Concurrent;

namespace Coordination.UnitTests.Backends.Scripted;

/// <summary>What happened, in the order in which it happened, told by several doubles.</summary>
internal sealed class Journal
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Write(string line) => _lines.Enqueue(line);
}

using Coordination.Benchmarks.Contenders;
using Coordination.Benchmarks.Servers;
using Coordination.Benchmarks.Workers;

namespace Coordination.Benchmarks;

/// <summary>What every scenario works with.</summary>
/// <param name="Server">Where the locks are.</param>
/// <param name="Pace">How long to measure.</param>
/// <param name="Ours">The library, started once for the whole run.</param>
/// <param name="Posted">The same with posted releases.</param>
/// <param name="Staff">Further processes.</param>
internal sealed record Setting(BenchmarkServer Server, Pace Pace, OurContender Ours, OurContender Posted, WorkerStaff Staff);

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Coordination.Benchmarks.Micro;

/// <summary>What happens inside one process is measured with BenchmarkDotNet; everything with a server and several processes has a harness of its own.</summary>
internal static class MicroRun
{
    public const string Word = "micro";

    /// <returns>The exit code.</returns>
    public static int Run()
    {
        var folder = Path.Combine(Path.GetTempPath(), "coordination-micro");
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .WithArtifactsPath(folder)
            .AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance));
        return BenchmarkRunner.Run([typeof(PairBenchmarks), typeof(OwnerBenchmarks)], config).All(summary => summary.Reports.All(report => report.Success)) ? 0 : 1;
    }
}

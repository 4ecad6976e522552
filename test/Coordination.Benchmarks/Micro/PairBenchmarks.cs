using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Benchmarks.Micro;

/// <summary>What a pair costs in the process, without a server and a network: handle, claim, queue and answer.</summary>
[MemoryDiagnoser]
public class PairBenchmarks
{
    private IHost? _host;
    private ILockProvider? _locks;

    [Params("order-42", "tenant/0193b7a2-4c1e-7f60-a5b4-6b1f0a2c9d11/order/42")]
    public string Name { get; set; } = string.Empty;

    [GlobalSetup]
    public async Task StartAsync()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Production });
        builder.Services.AddCoordination(options => options.BackendUrl = "memory://micro-benchmark");
        _host = builder.Build();
        await _host.StartAsync();
        _locks = _host.Services.GetRequiredService<ILockProvider>();
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _host!.StopAsync();
        _host.Dispose();
    }

    [Benchmark]
    public async Task AcquireAndRelease()
    {
        await using var handle = await _locks!.AcquireAsync(Name);
    }

    [Benchmark]
    public async Task TryAcquireWhatIsHeld()
    {
        await using var handle = await _locks!.TryAcquireAsync(Name);
        await using var refused = await OutsideAsync();
    }

    // In a flow of its own: the same flow that asks twice is told of its deadlock instead.
    private Task<ILockHandle?> OutsideAsync()
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(async () => await _locks!.TryAcquireAsync(Name));
        }
    }
}

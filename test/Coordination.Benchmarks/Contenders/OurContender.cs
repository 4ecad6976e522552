using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.Benchmarks.Contenders;

/// <summary>The library as a user has it: a host with <c>AddCoordination</c>, its locks from the container.</summary>
internal sealed class OurContender : IContender
{
    private readonly IHost _host;

    private OurContender(IHost host)
    {
        _host = host;
        Locks = host.Services.GetRequiredService<ILockProvider>();
    }

    /// <inheritdoc/>
    public string Name => "ours";

    public ILockProvider Locks { get; }

    public static async Task<OurContender> StartAsync(string url, string group)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddCoordination(options =>
        {
            options.BackendUrl = url;
            options.Group = group;
        });
        var host = builder.Build();
        await host.StartAsync();
        return new OurContender(host);
    }

    /// <inheritdoc/>
    public async ValueTask PairAsync(LockTarget target, HoldLog? holds = null)
    {
        var handle = await Locks.AcquireAsync(target.Name);
        holds?.Add(since: HoldLog.Now());
        await handle.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

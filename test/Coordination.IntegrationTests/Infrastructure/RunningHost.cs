using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A started host in this process, stopped when disposed.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly IHost _host;

    private RunningHost(IHost host) => _host = host;

    public ILockProvider Locks => _host.Services.GetRequiredService<ILockProvider>();

    public ICoordinationInspector Inspector => _host.Services.GetRequiredService<ICoordinationInspector>();

    public IGroupMembership Group => _host.Services.GetRequiredService<IGroupMembership>();

    public static async Task<RunningHost> StartAsync(Action<CoordinationOptions> configure, LogCollector? log = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.AddCoordination(options =>
        {
            (options.Group, options.StartupTimeout) = ("hosts", Limits.Start);
            configure(options);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            return new RunningHost(host);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

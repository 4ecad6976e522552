using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>One process of the group: a host with the one line of the README. Several of them live in the process of the tests.</summary>
public sealed class Replica : IAsyncDisposable
{
    private readonly IHost _host;

    public Replica(Action<CoordinationOptions> configure, Action<IServiceCollection>? services = null)
    {
        // Without the defaults: dozens of hosts would each watch the configuration files of the test project.
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Production });
        builder.Services.ConfigureAll<CoordinationOptions>(static options => options.StartupTimeout = Limits.Start);
        builder.Services.AddCoordination(configure);
        services?.Invoke(builder.Services);
        _host = builder.Build();
        Locks = _host.Services.GetRequiredService<ILockProvider>();
        Group = _host.Services.GetRequiredService<IGroupMembership>();
        Leaders = _host.Services.GetRequiredService<ILeaderElection>();
        Inspector = _host.Services.GetRequiredService<ICoordinationInspector>();
    }

    public ILockProvider Locks { get; }

    public IGroupMembership Group { get; }

    public ILeaderElection Leaders { get; }

    public ICoordinationInspector Inspector { get; }

    public IServiceProvider Services => _host.Services;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    /// <summary>A service of the host.</summary>
    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public Task StartAsync() => _host.StartAsync(Ending);

    public Task StopAsync() => _host.StopAsync(Ending);

    /// <summary>Waits until this replica has published a view that fits, and returns it.</summary>
    public async Task<GroupView> SeesAsync(Func<GroupView, bool> fits)
    {
        await foreach (var view in Group.WatchAsync(Ending))
        {
            if (fits(view))
            {
                return view;
            }
        }

        throw new InvalidOperationException("The watch ended, and views have no end.");
    }

    /// <summary>Waits until exactly these members are up.</summary>
    public Task<GroupView> SeesMembersAsync(params string[] ids) => SeesAsync(view =>
        view.Members.All(member => member.Status is MemberStatus.Up) && view.Members.Select(member => member.Id).Order().SequenceEqual(ids.Order()));

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }
    }
}

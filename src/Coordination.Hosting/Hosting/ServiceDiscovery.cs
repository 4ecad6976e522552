using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Coordination.Hosting;

/// <summary>The members of a group as configuration; it is filled before other services start, and again whenever what it says has changed.</summary>
internal sealed class ServiceDiscovery(Func<IGroupMembership> membership, ServiceDiscoverySource source) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        var group = membership();
        source.Show(group.Group, group.Current);
        using (ExecutionContext.SuppressFlow())
        {
            _following = Task.Run(() => FollowAsync(group), CancellationToken.None);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _following.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    /// <summary>Makes the application's configuration show the members too.</summary>
    public static IConfiguration Join(IConfiguration? configuration, ServiceDiscoverySource source)
    {
        // The configuration of an application builder grows in place, and everybody who has it sees the members.
        if (configuration is IConfigurationBuilder growing)
        {
            growing.Add(source);
            return configuration;
        }

        var joined = new ConfigurationBuilder();
        if (configuration is not null)
        {
            joined.AddConfiguration(configuration, shouldDisposeConfiguration: true);
        }

        return joined.Add(source).Build();
    }

    private async Task FollowAsync(IGroupMembership group)
    {
        await foreach (var view in group.WatchAsync(_stopping.Token).ConfigureAwait(false))
        {
            source.Show(group.Group, view);
        }
    }
}

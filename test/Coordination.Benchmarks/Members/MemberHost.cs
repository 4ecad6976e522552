using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.Benchmarks.Members;

/// <summary>One member with a host and two connections of its own, and what it has seen of the group.</summary>
internal sealed class MemberHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly CancellationTokenSource _ending = new();
    private readonly object _gate = new();
    private readonly List<(GroupView View, long At)> _seen = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _watching = Task.CompletedTask;

    public MemberHost(string url, string group, HeartbeatMode mode)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Logging.AddConsole(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddCoordination(options =>
        {
            options.BackendUrl = url;
            options.Group = group;
            options.HeartbeatMode = mode;
        });
        _host = builder.Build();
    }

    private IGroupMembership Group => _host.Services.GetRequiredService<IGroupMembership>();

    public async Task JoinAsync()
    {
        await _host.StartAsync();
        _watching = WatchAsync();
    }

    /// <returns>When it first saw a view of so many members, in ticks of the machine's clock.</returns>
    public Task<long> CountsAsync(int members) => SeesAsync(view => view.Members.Count == members);

    /// <returns>When it first saw the death of that member.</returns>
    public Task<long> BuriesAsync(string member) => SeesAsync(view => view.Changes.Any(change => change.Kind is MemberChangeKind.Died && change.Member.Id == member));

    public string Id => Group.Self?.Id ?? string.Create(CultureInfo.InvariantCulture, $"none ({Group.State})");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _host.StopAsync();
        _host.Dispose();
        _ending.Dispose();
    }

    private async Task WatchAsync()
    {
        await foreach (var view in Group.WatchAsync(_ending.Token))
        {
            TaskCompletionSource more;
            lock (_gate)
            {
                _seen.Add((view, TimeProvider.System.GetTimestamp()));
                more = _more;
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            more.SetResult();
        }
    }

    private async Task<long> SeesAsync(Func<GroupView, bool> fits)
    {
        for (var i = 0; ; i++)
        {
            Task more;
            lock (_gate)
            {
                if (i < _seen.Count)
                {
                    if (fits(_seen[i].View))
                    {
                        return _seen[i].At;
                    }

                    continue;
                }

                (more, i) = (_more.Task, i - 1);
            }

            await more;
        }
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.Benchmarks.Contenders;

/// <summary>The library as a user has it: a host with <c>AddCoordination</c>, its locks from the container.</summary>
internal sealed class OurContender : IContender
{
    private readonly IHost _host;
    private readonly bool _posts;

    private OurContender(IHost host, bool posts, string group)
    {
        Group = group;
        _host = host;
        _posts = posts;
        Name = posts ? "ours, posted releases" : "ours";
        Locks = host.Services.GetRequiredService<ILockProvider>();
    }

    /// <inheritdoc/>
    public string Name { get; }

    public string Group { get; }

    public ILockProvider Locks { get; }

    /// <param name="url">The server.</param>
    /// <param name="group">The group.</param>
    /// <param name="posts">Whether a dispose waits for nobody.</param>
    public static async Task<OurContender> StartAsync(string url, string group, bool posts = false)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole();
        builder.Services.AddCoordination(options =>
        {
            options.BackendUrl = url;
            options.Group = group;
            options.LockPrefix = "benchmarks."; // the same for all groups of a run: they exclude each other
            options.PostReleases = posts;
        });
        var host = builder.Build();
        await host.StartAsync();
        return new OurContender(host, posts, group);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] // what this method needs is not what the library allocates
    public async ValueTask PairAsync(LockTarget target, HoldLog? holds = null)
    {
        var handle = await Locks.AcquireAsync(target.Name);
        holds?.Add(since: HoldLog.Now());
        await handle.DisposeAsync();
    }

    /// <inheritdoc/>
    public async ValueTask<IAsyncDisposable> TakeAsync(LockTarget target) => await Locks.AcquireAsync(target.Name);

    /// <inheritdoc/>
    public async ValueTask SettleAsync()
    {
        if (_posts)
        {
            var last = await Locks.AcquireAsync($"last of {Group}");
            await last.ReleaseAsync(); // is answered after all releases that were posted before it
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

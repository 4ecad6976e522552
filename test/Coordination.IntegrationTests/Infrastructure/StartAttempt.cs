using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A host that is expected not to start: what it said, in the exception and in the log.</summary>
/// <param name="Error">What StartAsync threw.</param>
/// <param name="Log">All that was logged meanwhile.</param>
internal sealed record StartAttempt(Exception Error, string Log)
{
    public string Message => Error.Message;

    /// <summary>Everything a person could come to see of it.</summary>
    public string Everything => $"{Error}\n{Log}";

    public static async Task<StartAttempt> FailingAsync(string url, Action<CoordinationOptions>? configure = null)
    {
        using var log = new LogCollector();
        using var host = Build(log, options =>
        {
            options.BackendUrl = url;
            options.Group = "wrong";
            options.LeaseTime = TimeSpan.FromSeconds(10);
            options.StartupTimeout = Limits.Step;
            configure?.Invoke(options);
        });
        var error = await Record.ExceptionAsync(() => host.StartAsync(TestContext.Current.CancellationToken));
        if (error is null)
        {
            await host.StopAsync(TestContext.Current.CancellationToken);
            throw new InvalidOperationException("The host started, with settings that must be refused.");
        }

        return new StartAttempt(error, log.Text);
    }

    private static IHost Build(LogCollector log, Action<CoordinationOptions> configure)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Trace);
        builder.Logging.AddProvider(log);
        builder.Services.AddCoordination(configure);
        return builder.Build();
    }
}

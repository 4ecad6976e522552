using Coordination.IntegrationTests.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Replicas;

/// <summary>A small real service: this assembly's program when its first argument is <c>replica</c>.</summary>
internal static class ReplicaProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var tongue = new Tongue(Console.Out);
        try
        {
            await using var app = Build(args, tongue);
            var commands = app.Services.GetRequiredService<ReplicaCommands>();
            _ = Task.Factory.StartNew(() => ListenAsync(commands), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _ = commands.TellViewsAsync();
            app.Lifetime.ApplicationStarted.Register(() => tongue.Say(new ReplicaEvent("started") { Text = app.Urls.FirstOrDefault() }));
            app.Lifetime.ApplicationStopping.Register(() => tongue.Say(new ReplicaEvent("stopping")));
            if (app.Configuration["Gate"] is not null)
            {
                tongue.Say(new ReplicaEvent("ready"));
                await commands.FinishAsync("gate");
            }

            await app.RunAsync();
            await commands.StoppedAsync();
            tongue.Say(new ReplicaEvent("stopped"));
            return Environment.ExitCode;
        }
        catch (Exception e)
        {
            tongue.Say(new ReplicaEvent("failed") { Text = e.Message, Id = e.GetType().Name });
            await Console.Error.WriteLineAsync(e.ToString());
            return 1;
        }
    }

    private static WebApplication Build(string[] args, Tongue tongue)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.UseUrls(builder.Configuration["Listen"] ?? "http://127.0.0.1:0");
        builder.Services.AddSingleton(tongue);
        builder.Services.AddSingleton<ReplicaCommands>();
        builder.Services.AddSingleton<CriticalSectionWorker>();
        builder.Services.AddSingleton<LeaderCommands>();
        builder.Services.AddSingleton<OfficeSeeker>();
        var coordination = builder.Services.AddCoordination();
        if (builder.Configuration.GetValue<int>("Partitions") is > 0 and var partitions)
        {
            coordination.AddPartitionedService<TellingService>(TellingService.Name, partitions, options => options.SettleTime = TimeSpan.FromSeconds(2));
        }

        builder.Services.AddHealthChecks().AddCoordination();

        var app = builder.Build();
        app.MapHealthChecks("/health");
        app.MapCoordinationDashboard();
        app.MapGet("/state", (IGroupMembership group) => group.State.ToString());
        app.MapPost("/locked/{name}", WorkUnderLockAsync);
        return app;
    }

    /// <summary>A request that holds a lock until the test says <c>finish</c>, and tells whether it was held to the end.</summary>
    private static async Task<IResult> WorkUnderLockAsync(string name, ILockProvider locks, Tongue tongue, ReplicaCommands commands, HttpContext context)
    {
        await using var held = await locks.AcquireAsync(name, cancellationToken: context.RequestAborted);
        tongue.Say(new ReplicaEvent("request-holds") { Id = name, Token = held.Token.Value });
        await commands.FinishAsync(name);
        var confirmed = await held.ConfirmAsync();
        return held.IsHeld && confirmed ? Results.Text("held to the end") : Results.Text("lost on the way", statusCode: 500);
    }

    private static async Task ListenAsync(ReplicaCommands commands)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            commands.Do(line);
        }

        // Standard input ends when the test process is gone, however it ended: nobody is left who could stop us.
        Environment.Exit(3);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>A whole run with a password that is nowhere else in the world: it must not be in anything that the run lets anybody see.</summary>
public sealed class MarkedPasswordTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Limit = 120_000; // for a hang

    private readonly ConcurrentQueue<string> _seen = new();

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_password_is_in_no_log_answer_page_trace_metric_or_view_of_the_server()
    {
        await using var role = await TestRole.CreateAsync(database.Database);
        await database.Database.ExecuteAsync($"grant create on database {database.Database.Name} to {role.Name}");
        var password = role.Address.Password!;
        using var log = new LogCollector();
        using var measured = Measure();
        using var traced = Trace();

        await using (var factory = Start(role.Address.Url, log))
        {
            using var client = factory.CreateClient();
            var group = factory.Services.GetRequiredService<IGroupMembership>();
            See(await client.GetStringAsync("/health", Ending), await client.GetStringAsync("/members", Ending));
            See(await PageAsync(factory, "/coordination/"), await PageAsync(factory, "/coordination/api/state"));
            See((await client.PostAsync("/orders/7/pay", content: null, Ending)).ToString());
            measured.RecordObservableInstruments();

            var report = await factory.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Ending);
            See([.. report.Entries.SelectMany(entry => entry.Value.Data).Select(data => $"{data.Key}={data.Value}")]);
            See((await database.Database.ScalarAsync<string>("select string_agg(a::text, ' ') from pg_stat_activity a"))!);

            // The session ends under it: that is logged, and so is what the driver says of it.
            await using var held = await factory.Services.GetRequiredService<ILockProvider>().AcquireAsync("order-8", cancellationToken: Ending);
            await database.Database.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role.Name}'");
            await Eventually.BecomesTrueAsync(() => Task.FromResult(held.Lost.IsCancellationRequested && group.State is MembershipState.Joined), "the member is back");
            See(group.Current.ToString(), group.Self!.ToString(), held.ToString()!);
        }

        foreach (var url in WrongUrls(role.Address))
        {
            See((await StartAttempt.FailingAsync(url, options => options.StartupTimeout = TimeSpan.FromSeconds(1))).Everything);
        }

        Assert.True(_seen.Count > 30, $"Only {_seen.Count} things were seen.");
        Assert.Contains("Trace ", log.Text, StringComparison.Ordinal); // down to the lowest level; the driver logs nothing of our connections, whatever an application asks of it
        Assert.Contains(role.Name, string.Concat(_seen), StringComparison.Ordinal); // what is not secret is seen: the scan looks at the right things
        Assert.All([.. _seen.ToArray(), log.Text], text => Assert.DoesNotContain(password, text, StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<string> WrongUrls(ServerAddress address)
    {
        var password = address.Password!;
        return
        [
            (address with { User = "nobody_of_that_name" }).Url, (address with { Database = "nowhere" }).Url, address.Url + (address.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "colour=blue",
            $"postgresql://app:{password}@127.0.0.1:1/orders", $"redis://app:{password}@db/0", $"postgresql://app:{password}@db:x/orders", $"Host=127.0.0.1;Port=1;Username=app;Password={password}",
            $"Host=127.0.0.1;Username=app;Password={password};Colour=blue", $"postgresql://app:{password}%ZZ@db/orders", $"postgresql://db/orders?password={password}&sslmode=maybe",
        ];
    }

    private static async Task<string> PageAsync(WebApplicationFactory<FactoryProgram> factory, string path)
    {
        var answer = await factory.Server.SendAsync(context =>
        {
            (context.Request.Path, context.Request.Host) = (path, new HostString("localhost"));
            context.Connection.RemoteIpAddress = IPAddress.Loopback;
        }, Ending);
        using var reader = new StreamReader(answer.Response.Body);
        var text = await reader.ReadToEndAsync(Ending);
        Assert.True(answer.Response.StatusCode == StatusCodes.Status200OK, $"{path} answered {answer.Response.StatusCode}: {text}");
        return text;
    }

    private static WebApplicationFactory<FactoryProgram> Start(string url, LogCollector log) => new WebApplicationFactory<FactoryProgram>().WithWebHostBuilder(web => web
        .UseContentRoot(AppContext.BaseDirectory)
        .UseSetting("Coordination:BackendUrl", url)
        .UseSetting("Coordination:Group", "marked")
        .ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log)));

    private void See(params string[] texts) => Array.ForEach(texts, _seen.Enqueue);

    private MeterListener Measure()
    {
        var listener = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, tags));
        listener.Start();
        return listener;
    }

    private void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            See($"{instrument.Name} {tag.Key}={tag.Value}");
        }
    }

    private ActivityListener Trace()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => See($"{activity.Source.Name} {activity.DisplayName} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(one => one.Tags))}"),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}

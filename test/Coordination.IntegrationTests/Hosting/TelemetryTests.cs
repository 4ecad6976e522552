using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>What is measured of the server's side.</summary>
public sealed class TelemetryTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_are_counted_by_kind_and_batches_by_size_and_the_drivers_spans_of_ours_are_left_out()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var tracing = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.Tags.Any(tag => tag.Value?.Contains(database.Database.Name, StringComparison.Ordinal) == true))
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(tracing);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Production });
        builder.Services.AddCoordination(options => (options.BackendUrl, options.Group) = (database.Url, "measured"));
        using var host = builder.Build();
        var heard = new ConcurrentQueue<(string Name, string Kind, int Value)>();
        using var listener = Listen(host.Services, heard);

        await host.StartAsync(Ending);
        await using (await host.Services.GetRequiredService<ILockProvider>().AcquireAsync("n", cancellationToken: Ending))
        {
            listener.RecordObservableInstruments();
        }

        Assert.Contains(("coordination.connection.count", "session", 1), heard);
        await Eventually.BecomesTrueAsync(() => IsHeardAsync(("coordination.connection.count", "watcher", 1)), "the watcher's connection is counted");
        Assert.Contains(heard, one => one is { Name: "coordination.session.batch.size", Value: > 0 });

        await host.StopAsync(Ending);
        await Eventually.BecomesTrueAsync(() => IsHeardAsync(("coordination.connection.count", "session", 0)), "the session's connection is counted no more");
        Assert.Empty(spans);

        Task<bool> IsHeardAsync((string, string, int) measurement)
        {
            listener.RecordObservableInstruments();
            return Task.FromResult(heard.Contains(measurement));
        }
    }

    private static MeterListener Listen(IServiceProvider services, ConcurrentQueue<(string Name, string Kind, int Value)> heard)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, one) =>
            {
                if (instrument.Meter.Name == "Coordination.Hosting" && instrument.Meter.Scope == factory)
                {
                    one.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) =>
        {
            var kind = string.Empty;
            foreach (var (key, tag) in tags)
            {
                kind = key == "coordination.connection.kind" ? $"{tag}" : kind;
            }

            heard.Enqueue((instrument.Name, kind, value));
        });
        listener.Start();
        return listener;
    }
}

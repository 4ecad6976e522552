using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;

namespace Coordination.IntegrationTests.Web;

/// <summary>What metrics show of locks on endpoints.</summary>
public sealed class LockMetricsTests
{
    private const int Limit = 120_000; // for a hang

    [Fact(Timeout = Limit)]
    public async Task Metrics_show_the_template_of_an_endpoints_lock_and_not_its_name()
    {
        var own = $"metrics{Guid.NewGuid():N}"[..14];
        var seen = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (instrument is { Name: "coordination.lock.acquire.duration", Meter.Name: "Coordination.Hosting" })
            {
                target.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "coordination.lock.template", Value: string text } && text.Contains(own, StringComparison.Ordinal))
                {
                    seen.Add(text);
                }
            }
        });
        listener.Start();
        await using var replica = await WebReplica.StartAsync($"memory://{own}", app =>
        {
            app.MapPost("/orders/{id}", (string id) => id).RequireLock($"{own}-{{id}}");
            app.MapPost($"/{own}/{{id}}", (string id) => id).RequireLock(context => $"{own}-{context.Request.RouteValues["id"]}");
        });

        using var one = await replica.PostAsync("/orders/abcdefgh");
        using var two = await replica.PostAsync($"/{own}/abcdefgh");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (one.StatusCode, two.StatusCode));
        Assert.Equal([$"HTTP: POST /{own}/{{id}}", $"{own}-{{id}}"], seen.Order(StringComparer.Ordinal));
    }
}

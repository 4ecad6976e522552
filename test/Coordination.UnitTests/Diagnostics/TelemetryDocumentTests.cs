using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Coordination.Backends.Memory;
using Coordination.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>docs/telemetry.md says what there is, and nothing that there is not.</summary>
public sealed class TelemetryDocumentTests : IAsyncLifetime
{
    private const string Page = "telemetry.md";

    private readonly string _server = $"document-{Guid.NewGuid():N}";
    private readonly string _group = $"group-{Guid.NewGuid():N}";
    private IHost _elder = null!;
    private IHost _host = null!;
    private Listener _listener = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _elder = Build("elder");
        await _elder.StartAsync(Ending);
        _host = Build("one");
        _listener = new Listener(_host.Services, _group);
        await _host.StartAsync(Ending);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        await _elder.StopAsync(CancellationToken.None);
        _host.Dispose();
        _elder.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public async Task Every_instrument_stands_in_it_with_its_kind_its_unit_and_its_attributes()
    {
        await LiveAsync();
        MeasureWhatMemoryHasNot();

        var real = _listener.Published.Values.Select(instrument => (
            instrument.Name,
            Kind: instrument.GetType().Name.Split('`')[0],
            Unit: instrument.Unit!,
            Attributes: Joined(_listener.Heard.Where(one => one.Instrument == instrument.Name).SelectMany(one => one.Tags.Keys))));
        var written = DocumentTable.Of(Page, "instrument").Rows.Select(row => (
            Name: DocumentTable.Names(row["instrument"]).Single(),
            Kind: row["kind"],
            Unit: DocumentTable.Names(row["unit"]).Single(),
            Attributes: Joined(DocumentTable.Names(row["attributes"]))));

        Assert.Equal(real.Order(), written.Order());
    }

    [Fact]
    public async Task Every_span_stands_in_it_with_its_parent_its_tags_and_its_links()
    {
        using var work = new Activity("work").Start();
        await LiveAsync();
        work.Stop();

        var real = _listener.Spans.GroupBy(span => span.OperationName.Replace("order-{id}", "{template}", StringComparison.Ordinal)).Select(spans => (
            Name: spans.Key,
            IsTheCallers: spans.Any(span => span.ParentSpanId == work.SpanId),
            Tags: Joined(spans.SelectMany(span => span.TagObjects).Select(tag => tag.Key)),
            HasLinks: spans.Any(span => span.Links.Any())));
        var written = DocumentTable.Of(Page, "span").Rows.Select(row => (
            Name: DocumentTable.Names(row["span"]).Single(),
            IsTheCallers: row["parent"] == "the caller's",
            Tags: Joined(DocumentTable.Names(row["tags"])),
            HasLinks: row["links"] != "–"));

        Assert.Equal(real.Order(), written.Order());
        Assert.All(DocumentTable.Of(Page, "span").Rows, row => Assert.Contains(row["parent"], new[] { "the caller's", "none" }));
        Assert.All(_listener.Spans, span => Assert.Contains(span.ParentSpanId, new[] { work.SpanId, default }));
    }

    [Fact]
    public async Task Every_attribute_stands_in_it_and_where_the_values_are_few_each_of_them()
    {
        await LiveAsync();
        MeasureWhatMemoryHasNot();

        var written = DocumentTable.Of(Page, "attribute").Rows.ToDictionary(
            row => DocumentTable.Names(row["attribute"]).Single(), row => DocumentTable.Names(row["values"]).ToHashSet(StringComparer.Ordinal));
        var real = _listener.Heard.SelectMany(one => one.Tags).Concat(_listener.Spans.SelectMany(span => span.TagObjects)).ToList();

        Assert.Equal(Joined(real.Select(tag => tag.Key)), Joined(written.Keys));
        Assert.All(
            real.Where(tag => tag.Key is Telemetry.ModeTag or Telemetry.ResultTag or Telemetry.ReasonTag or Telemetry.KindTag),
            tag => Assert.Contains((string)tag.Value!, written[tag.Key]));
        Assert.Equal(
            typeof(LockResult).GetFields().Select(field => (string)field.GetValue(null)!).Order(StringComparer.Ordinal),
            written[Telemetry.ResultTag].Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_log_line_stands_in_it_with_its_level_and_its_name()
    {
        var real = new[] { typeof(Log), typeof(WebLog) }
            .Select(lines => lines.Assembly)
            .SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Select(line => (line.EventId, line.Level.ToString(), line.EventName!))
            .ToList();
        var written = DocumentTable.Of(Page, "id").Rows.Select(row => (int.Parse(row["id"], CultureInfo.InvariantCulture), row["level"], row["name"]));

        Assert.Equal(real.Order(), written);
    }

    private static string Joined(IEnumerable<string> names) => string.Join(' ', names.Distinct().Order(StringComparer.Ordinal));

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Ending);
        }
    }

    /// <summary>A whole life: joined, met another, came to lead, held, waited, was refused, lost its session and a lock with it, reconnected, left.</summary>
    private async Task LiveAsync()
    {
        var locks = _host.Services.GetRequiredService<ILockProvider>();
        var request = new LockRequest { Template = "order-{id}" };
        using (var other = Build("two"))
        {
            await other.StartAsync(Ending);
            await UntilAsync(() => _listener.Of("coordination.member.joins").Count > 0);
            await other.StopAsync(Ending);
        }

        await _elder.StopAsync(Ending);
        await UntilAsync(() => _listener.Of("coordination.leader.changes").Count > 0);

        var first = await locks.AcquireAsync("order-7", request, Ending);
        await Assert.ThrowsAsync<LockDeadlockException>(() => locks.AcquireAsync("order-7", request, Ending).AsTask());
        Task<ILockHandle> waiting;
        using (ExecutionContext.SuppressFlow())
        {
            waiting = Task.Run(() => locks.AcquireAsync("order-7", request, Ending).AsTask(), Ending);
        }

        await UntilAsync(() => { _listener.Collect(); return _listener.Of("coordination.lock.waiting").Contains(1); });
        await first.DisposeAsync();
        await using (await waiting)
        {
            var server = MemoryServers.Open(_server);
            Assert.True(server.Kill("one"));
            MemoryServers.Close(server);
            await UntilAsync(() => _listener.Of("coordination.session.reconnects").Count > 0);
        }

        _listener.Collect();
        await _host.StopAsync(Ending);
    }

    /// <summary>By the way that the code of PostgreSQL goes, which has to be there for it.</summary>
    private void MeasureWhatMemoryHasNot()
    {
        var telemetry = new Telemetry(_group, _host.Services.GetRequiredService<CoordinationMeter>(), traces: false);
        telemetry.Start();
        telemetry.MemberJudged(TimeSpan.FromSeconds(1));
        telemetry.BatchSent(2);
        telemetry.ConnectionsChanged("session", by: 1);
        _listener.Collect();
        telemetry.Stop();
    }

    private IHost Build(string memberId)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Production });
        builder.Services.AddCoordination(options =>
        {
            options.BackendUrl = $"memory://{_server}";
            options.Group = _group;
            options.MemberId = memberId;
            options.LeaseTime = TimeSpan.FromSeconds(30);
            options.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
        });
        return builder.Build();
    }
}

using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.UnitTests.Diagnostics;

/// <summary>What is measured and traced, with the attributes that it has.</summary>
public sealed class TelemetryTests : IAsyncLifetime
{
    private readonly string _server = $"telemetry-{Guid.NewGuid():N}";
    private readonly string _group = $"group-{Guid.NewGuid():N}";
    private IHost _host = null!;
    private Listener _listener = null!;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    private ILockProvider Locks => _host.Services.GetRequiredService<ILockProvider>();

    public async ValueTask InitializeAsync()
    {
        _host = Build();
        _listener = new Listener(_host.Services, _group);
        await _host.StartAsync(Ending);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public async Task A_lock_is_measured_by_its_template_from_the_call_to_the_release()
    {
        await using (await Locks.AcquireAsync("order-7", cancellationToken: Ending))
        {
            _listener.Collect();
            Assert.Equal([1], _listener.Of("coordination.lock.held"));
            Assert.Equal([0], _listener.Of("coordination.lock.waiting"));
            Assert.Null(await Apart(() => Locks.TryAcquireAsync("order-7", new LockRequest { Template = "order-{id}" }, Ending).AsTask()));
            await Assert.ThrowsAsync<LockTimeoutException>(() => Apart(() => Locks.AcquireAsync("order-7", new LockRequest { Timeout = TimeSpan.FromMilliseconds(1) }, Ending).AsTask()));
            using var canceled = new CancellationTokenSource();
            var waiting = Apart(() => Locks.AcquireAsync("order-7", cancellationToken: canceled.Token).AsTask());
            await UntilAsync(() => { _listener.Collect(); return _listener.Of("coordination.lock.waiting").Contains(1); });
            await canceled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
            await Assert.ThrowsAsync<LockDeadlockException>(() => Locks.AcquireAsync("order-7", cancellationToken: Ending).AsTask());
        }

        foreach (var (result, template) in new[] { ("acquired", "order-{}"), ("not_acquired", "order-{id}"), ("timeout", "order-{}"), ("canceled", "order-{}"), ("error", "order-{}") })
        {
            Assert.Single(_listener.Of(
                "coordination.lock.acquire.duration", ("coordination.result", result), ("coordination.lock.template", template), ("coordination.lock.mode", "exclusive"), ("coordination.group", _group)));
        }

        Assert.Single(_listener.Of("coordination.lock.acquire.duration", ("error.type", typeof(LockDeadlockException).FullName!)));
        Assert.Single(_listener.Of("coordination.lock.hold.duration", ("coordination.lock.template", "order-{}")));
        Assert.DoesNotContain(_listener.Heard, one => one.Tags.Values.Contains("order-7"));
    }

    [Fact]
    public async Task A_lost_lock_and_its_session_are_counted()
    {
        var held = await Locks.AcquireAsync("order-7", cancellationToken: Ending);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = held.Lost.Register(lost.SetResult);

        using var rival = Build("one");
        await rival.StartAsync(Ending); // supersedes the first one, and its locks with it
        await lost.Task.WaitAsync(Ending);
        await UntilAsync(() => _listener.Of("coordination.lock.lost").Count > 0 && _listener.Of("coordination.session.losses").Count > 0);
        await rival.StopAsync(Ending);

        Assert.Equal([1], _listener.Of("coordination.lock.lost", ("coordination.lock.template", "order-{}")));
    }

    [Fact]
    public async Task Members_that_come_and_go_and_the_leader_are_counted()
    {
        using (var other = Build("two"))
        {
            await other.StartAsync(Ending);
            await UntilAsync(() => _listener.Of("coordination.member.joins").Count > 0);
            _listener.Collect();
            Assert.Equal(2, _listener.Of("coordination.member.count", ("coordination.group", _group)).Max());
            Assert.Equal(1, _listener.Of("coordination.leader.active", ("coordination.group", _group)).Max());
            await other.StopAsync(Ending);
        }

        await UntilAsync(() => _listener.Of("coordination.member.leaves", ("coordination.reason", "left")).Count > 0);
        Assert.InRange(_listener.Of("coordination.heartbeat.age").Last(), 0, 60);
        Assert.NotEmpty(_listener.Of("coordination.heartbeat.duration"));
    }

    [Fact]
    public async Task A_lock_has_two_spans_beside_each_other_under_the_callers_own_and_a_link_to_who_was_waited_for()
    {
        using var work = new Activity("work").Start();
        var first = await Locks.AcquireAsync("order-7", cancellationToken: Ending);
        Assert.Same(work, Activity.Current);
        var waiting = Apart(() => Locks.AcquireAsync("order-8x", new LockRequest { Template = "order-{id}" }, Ending).AsTask());
        await using (await waiting)
        {
            var second = Apart(() => Locks.AcquireAsync("order-7", cancellationToken: Ending).AsTask());
            await UntilAsync(() => { _listener.Heard.Clear(); _listener.Collect(); return _listener.Of("coordination.lock.waiting").Contains(1); });
            await first.DisposeAsync();
            await (await second).DisposeAsync();
        }

        await UntilAsync(() => _listener.Spans.Count(span => span.OperationName.StartsWith("hold", StringComparison.Ordinal)) == 3);
        var holds = _listener.Spans.Where(span => span.OperationName == "hold order-{}").ToList();
        var acquires = _listener.Spans.Where(span => span.OperationName == "acquire order-{}").ToList();
        Assert.Equal(work.SpanId, acquires[0].ParentSpanId);
        Assert.Equal(work.SpanId, holds[0].ParentSpanId);
        Assert.Equal(holds[0].SpanId, Assert.Single(acquires[1].Links).Context.SpanId);
        Assert.Equal("acquired", acquires[1].GetTagItem("coordination.result"));
        Assert.Contains(_listener.Spans, span => span.OperationName == "acquire order-{id}");
        Assert.Equal(first.Token.Value, holds[0].GetTagItem("coordination.lock.token"));
    }

    [Fact]
    public async Task Joining_and_leaving_are_spans_of_nobody_and_the_loop_has_no_ambient_one()
    {
        using (var work = new Activity("work").Start())
        using (var other = Build("two"))
        {
            await other.StartAsync(Ending);
            await other.StopAsync(Ending);
        }

        var (join, leave) = (_listener.Spans.Last(span => span.OperationName == "join"), _listener.Spans.Last(span => span.OperationName == "leave"));
        Assert.Equal((default, default), (join.ParentSpanId, leave.ParentSpanId));
    }

    [Fact]
    public async Task Nothing_is_told_of_a_membership_that_wants_neither()
    {
        using var silent = Build("silent", options => (options.DisableMetrics, options.DisableTracing) = (true, true));
        using var listener = new Listener(silent.Services, _group);
        await silent.StartAsync(Ending);
        await using (await silent.Services.GetRequiredService<ILockProvider>().AcquireAsync("n", cancellationToken: Ending))
        {
            listener.Collect();
        }

        await silent.StopAsync(Ending);
        Assert.Empty(listener.Heard);
        Assert.DoesNotContain(listener.Spans, span => span.OperationName is "acquire n" or "hold n");
    }

    private static Task<T> Apart<T>(Func<Task<T>> action)
    {
        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(action, Ending);
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var hang = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, hang.Token);
        }
    }

    private IHost Build(string memberId = "one", Action<CoordinationOptions>? configure = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true, EnvironmentName = Environments.Production });
        builder.Services.AddCoordination(options =>
        {
            options.BackendUrl = $"memory://{_server}";
            options.Group = _group;
            options.MemberId = memberId;
            options.LeaseTime = TimeSpan.FromSeconds(30);
            options.HeartbeatInterval = TimeSpan.FromMilliseconds(100);
            configure?.Invoke(options);
        });
        return builder.Build();
    }
}

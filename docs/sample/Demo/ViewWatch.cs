using System.Net.ServerSentEvents;
using System.Text.Json;
using Conductors.Roles;

namespace Conductors.Demo;

/// <summary>Everything that one replica sees of the group, as it says itself at <c>/members/watch</c>.</summary>
internal sealed class ViewWatch : IAsyncDisposable
{
    private readonly List<Sighting> _sightings = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly Task _reading;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ViewWatch(ReplicaProcess replica, HttpClient http, TimeProvider time)
    {
        Seer = replica.Id;
        _http = http;
        _time = time;
        _reading = ReadAsync(new Uri(replica.Url, "/members/watch"));
    }

    /// <summary>The member id of the replica that sees.</summary>
    public string Seer { get; }

    /// <summary>All views so far, in the order of their arrival.</summary>
    public IReadOnlyList<Sighting> Sightings
    {
        get
        {
            lock (_gate)
            {
                return [.. _sightings];
            }
        }
    }

    /// <summary>The first view, seen or to come, that fits; null when none came within the limit.</summary>
    public async Task<Sighting?> FindAsync(Func<MembersAnswer, bool> fits, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            for (var looked = 0; ;)
            {
                Sighting[] fresh;
                Task next;
                lock (_gate)
                {
                    fresh = [.. _sightings.Skip(looked)];
                    next = _next.Task;
                }

                if (Array.Find(fresh, sighting => fits(sighting.View)) is { } found)
                {
                    return found;
                }

                looked += fresh.Length;
                await next.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _end.Dispose();
    }

    private async Task ReadAsync(Uri url)
    {
        try
        {
            using var answer = await _http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, _end.Token);
            await using var stream = await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(_end.Token);
            var parser = SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize<MembersAnswer>(data, JsonSerializerOptions.Web)!);
            await foreach (var item in parser.EnumerateAsync(_end.Token))
            {
                Add(new Sighting(_time.GetTimestamp(), item.Data));
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The replica was killed or stopped, or the demo is over: what it saw until then is what we wanted.
        }
    }

    private void Add(Sighting sighting)
    {
        TaskCompletionSource arrived;
        lock (_gate)
        {
            _sightings.Add(sighting);
            arrived = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        arrived.SetResult();
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using Conductors.Roles;

namespace Conductors.Demo;

/// <summary>Callers that ask for more than the nodes can give: each posts one request after the other through the api.</summary>
internal sealed class Load(HttpClient http, Uri api)
{
    public const int Nodes = 4;
    public const int Callers = 12;

    private const int OneAbortIn = 5;

    private readonly ConcurrentQueue<string> _surprises = new();
    private readonly CancellationTokenSource _enough = new();
    private Task _callers = Task.CompletedTask;
    private int _introspected;
    private int _aborted;
    private int _refused;
    private int _repeated;

    /// <summary>Introspections that were answered with 200.</summary>
    public int Introspected => Volatile.Read(ref _introspected);

    /// <summary>Aborts that found the node free.</summary>
    public int Aborted => Volatile.Read(ref _aborted);

    /// <summary>Aborts that were answered with 409, because somebody worked on the node.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Requests that the api gave to another conductor because the first one did not serve.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    /// <summary>Answers that should not be. Who gets one calls no more: one is enough to know.</summary>
    public IReadOnlyCollection<string> Surprises => _surprises;

    public void Start() => _callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => CallAsync()));

    /// <summary>Waits until so many more introspections are done.</summary>
    public async Task DoMoreAsync(int introspections, TimeSpan limit, CancellationToken cancellationToken)
    {
        var goal = Introspected + introspections;
        using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
        while (Introspected < goal)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (timeout.IsCancellationRequested || _callers.IsCompleted)
            {
                throw new DemoException(
                    $"{introspections - goal + Introspected} of {introspections} introspections were done, and the callers {(_callers.IsCompleted ? "gave up" : $"took {limit.TotalSeconds:0} s")}. " +
                    $"Answers that should not be: {(_surprises.IsEmpty ? "none" : string.Join("; ", _surprises.Take(3)))}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Every caller ends its request, and makes no other.</summary>
    public async Task FinishAsync()
    {
        await _enough.CancelAsync();
        await _callers;
    }

    private async Task CallAsync()
    {
        var isServed = true;
        while (isServed && !_enough.IsCancellationRequested)
        {
            var action = Random.Shared.Next(OneAbortIn) == 0 ? "abort" : "introspect";
            var path = string.Create(CultureInfo.InvariantCulture, $"/nodes/{Random.Shared.Next(Nodes) + 1}/{action}");
            try
            {
                // Not cancelled at the end: a request that was sent is waited for, so that every begin has its end.
                using var answer = await http.PostAsync(new Uri(api, path), content: null, CancellationToken.None);
                isServed = Count(action, answer, await answer.Content.ReadAsStringAsync(CancellationToken.None));
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                _surprises.Enqueue($"POST {path}: {e.Message}");
                isServed = false;
            }
        }
    }

    /// <summary>Whether the answer is one that should be.</summary>
    private bool Count(string action, HttpResponseMessage answer, string body)
    {
        if (answer.Headers.Contains(ConductorCaller.FailedHeader))
        {
            Interlocked.Increment(ref _repeated);
        }

        switch (action, (int)answer.StatusCode)
        {
            case ("introspect", 200):
                Interlocked.Increment(ref _introspected);
                break;
            case ("abort", 200):
                Interlocked.Increment(ref _aborted);
                break;
            case ("abort", 409):
                Interlocked.Increment(ref _refused);
                break;
            default:
                _surprises.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{action} was answered with {(int)answer.StatusCode}: {body}"));
                return false;
        }

        return true;
    }
}

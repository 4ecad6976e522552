using System.Diagnostics;

namespace Coordination.IntegrationTests.Contracts;

/// <summary>Keeps whoever lost its session in a group from connecting again, until it is released: its loop tells of that by a span, and waits for whoever listens.</summary>
internal sealed class HeldReconnect : IDisposable
{
    private readonly ManualResetEventSlim _released = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ActivityListener _listener;

    public HeldReconnect(string group)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Coordination.Hosting",
            Sample = (ref options) => IsOurs(options.Name, options.Tags) ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStarted = activity =>
            {
                // A span that another listener of the process wants is told to this one too, and tests of other groups run beside this one.
                if (IsOurs(activity.OperationName, activity.TagObjects))
                {
                    _reached.TrySetResult();
                    _released.Wait();
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);

        bool IsOurs(string span, IEnumerable<KeyValuePair<string, object?>>? tags) =>
            span == "reconnect" && tags?.Any(tag => tag.Value is string name && name == group) is true;
    }

    /// <summary>Completes when somebody is about to connect again.</summary>
    public Task Reached => _reached.Task;

    public void Release() => _released.Set();

    public void Dispose()
    {
        Release();
        _listener.Dispose();
    }
}

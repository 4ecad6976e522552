using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Coordination.UnitTests;

/// <summary>Keeps what was logged and lets tests wait for it: the log is the place where a component says that it has got somewhere.</summary>
internal sealed class RecordedLog : ILogger
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>Whether every word to it fails, as to a disk that is full.</summary>
    public bool Fails { get; set; }

    /// <summary>Waits for the next line with this event name; those before it are passed over.</summary>
    public async Task LoggedAsync(string eventName)
    {
        while (await _events.NextAsync() != eventName)
        {
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (Fails)
        {
            throw new InvalidOperationException("The log is full.");
        }

        _lines.Enqueue($"{eventId.Name}: {formatter(state, exception)}");
        _events.Writer.TryWrite(eventId.Name ?? string.Empty);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.Diagnostics;

/// <summary>Every line we log. Ids and event names are what people filter on: they never change, whatever happens to the text.</summary>
internal static partial class WebLog
{
    private const string Category = "Coordination.AspNetCore";

    /// <summary>The logger for all of them.</summary>
    public static ILogger From(IServiceProvider services) => services.GetService<ILoggerFactory>()?.CreateLogger(Category) ?? NullLogger.Instance;

    [LoggerMessage(5000, LogLevel.Debug, "{Count} endpoints run under locks.", EventName = "EndpointLocksChecked")]
    public static partial void EndpointLocksChecked(ILogger logger, int count);

    [LoggerMessage(5001, LogLevel.Information, "{Endpoint} answers {Status}: lock '{Name}' is held.", EventName = "RequestLockHeld")]
    public static partial void RequestLockHeld(ILogger logger, string endpoint, int status, string name);

    [LoggerMessage(5002, LogLevel.Warning, "{Endpoint} answers 503: {Reason}", EventName = "RequestLockTimedOut")]
    public static partial void RequestLockTimedOut(ILogger logger, string endpoint, string reason);

    [LoggerMessage(5003, LogLevel.Warning, "{Endpoint} answers 503: {Reason}", EventName = "RequestLockUnavailable")]
    public static partial void RequestLockUnavailable(ILogger logger, string endpoint, string reason);

    [LoggerMessage(5004, LogLevel.Error, "{Endpoint} lost lock '{Name}', token {Token}, while it ran: {Answer}.", EventName = "RequestLockLost")]
    public static partial void RequestLockLost(ILogger logger, string endpoint, LockName name, FencingToken token, string answer);

    [LoggerMessage(5010, LogLevel.Debug, "{Method} acquired lock '{Name}', token {Token}, waited={Waited}.", EventName = "SynchronizedAcquired")]
    public static partial void SynchronizedAcquired(ILogger logger, string method, LockName name, FencingToken token, TimeSpan waited);

    [LoggerMessage(5011, LogLevel.Debug, "{Method} released lock '{Name}', token {Token}, held={Held}.", EventName = "SynchronizedReleased")]
    public static partial void SynchronizedReleased(ILogger logger, string method, LockName name, FencingToken token, TimeSpan held);

    [LoggerMessage(5005, LogLevel.Warning, "{Path} answers 503: {Reason}", EventName = "RequestUncoordinated")]
    public static partial void RequestUncoordinated(ILogger logger, string path, string reason);

    [LoggerMessage(5020, LogLevel.Warning, "Member '{Member}' of group '{Group}' did not take a request: {Reason}. Another one is asked.", EventName = "MemberPassedOver")]
    public static partial void MemberPassedOver(ILogger logger, string member, string group, string reason);
}

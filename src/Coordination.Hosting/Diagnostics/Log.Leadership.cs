using Microsoft.Extensions.Logging;

namespace Coordination.Diagnostics;

/// <summary>What is logged about roles and who leads them.</summary>
internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information, "This member leads role '{Role}', token {Token}.", EventName = "TermBegan")]
    public static partial void TermBegan(ILogger logger, string role, FencingToken token);

    [LoggerMessage(4002, LogLevel.Information, "This member leads role '{Role}' no more, token {Token}, after {Length}.", EventName = "TermEnded")]
    public static partial void TermEnded(ILogger logger, string role, FencingToken token, TimeSpan length);

    [LoggerMessage(4003, LogLevel.Warning, "The term in role '{Role}', token {Token}, must end: {Reason}", EventName = "TermLost")]
    public static partial void TermLost(ILogger logger, string role, FencingToken token, string reason);

    [LoggerMessage(4004, LogLevel.Information, "Role '{Role}' is granted to this member, token {Token}; it begins when '{Before}' is known to have stopped.", EventName = "RoleAwaited")]
    public static partial void RoleAwaited(ILogger logger, string role, FencingToken token, string before);

    [LoggerMessage(4005, LogLevel.Error, "The lost term in role '{Role}', token {Token}, was not disposed within {Time}; others may lead now. Stop the work when Lost fires, and dispose the term.", EventName = "TermKept")]
    public static partial void TermKept(ILogger logger, string role, FencingToken token, TimeSpan time);

    [LoggerMessage(4006, LogLevel.Error, "The services of role '{Role}', token {Token}, failed or ended; the role was given back. Campaigning again in {Delay}.", EventName = "LeaderServiceFailed")]
    public static partial void LeaderServiceFailed(ILogger logger, string role, FencingToken token, TimeSpan delay, Exception exception);

    [LoggerMessage(4007, LogLevel.Error, "Service {Service} of role '{Role}' failed on its way out.", EventName = "LeaderServiceStopFailed")]
    public static partial void LeaderServiceStopFailed(ILogger logger, string service, string role, Exception exception);

    [LoggerMessage(4008, LogLevel.Warning, "A service of role '{Role}', token {Token}, was told to stop and has not within the host's shutdown timeout; nobody else leads before. End when the token fires.", EventName = "LeaderServiceLate")]
    public static partial void LeaderServiceLate(ILogger logger, string role, FencingToken token);

    [LoggerMessage(4009, LogLevel.Error, "The services of role '{Role}' have not stopped within the host's shutdown timeout; the role goes to others when this process has left. End when the token fires, or raise HostOptions.ShutdownTimeout.", EventName = "LeaderServicesLeft")]
    public static partial void LeaderServicesLeft(ILogger logger, string role);

    [LoggerMessage(4010, LogLevel.Information, "This process observes and never leads role '{Role}'; its services do not run here.", EventName = "RoleOnlyObserved")]
    public static partial void RoleOnlyObserved(ILogger logger, string role);

    [LoggerMessage(4011, LogLevel.Warning, "Role '{Role}' cannot be campaigned for now: {Reason} Trying again.", EventName = "CampaignFailed")]
    public static partial void CampaignFailed(ILogger logger, string role, string reason);

    [LoggerMessage(4012, LogLevel.Warning, "This process is degraded: {Reason}", EventName = "Degraded")]
    public static partial void Degraded(ILogger logger, string reason);

    [LoggerMessage(4013, LogLevel.Information, "This process is degraded no more.", EventName = "NotDegraded")]
    public static partial void NotDegraded(ILogger logger);
}

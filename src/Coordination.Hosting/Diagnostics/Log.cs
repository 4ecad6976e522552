using Microsoft.Extensions.Logging;

namespace Coordination.Diagnostics;

/// <summary>Every line we log. Ids and event names are what people filter on: they never change, whatever happens to the text.</summary>
/// <remarks>One part, in one file: what the compiler's generator is given in several, it puts together in an order that changes from build to build.</remarks>
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "Session {Pid} on {Backend} is open as member '{Member}' (number {Number}) of group '{Group}'.", EventName = "SessionOpened")]
    public static partial void SessionOpened(ILogger logger, int pid, string backend, string member, long number, string group);

    [LoggerMessage(1002, LogLevel.Warning, "The session of group '{Group}' is over; its locks are lost and their holders told; connecting again. {Reason}", EventName = "SessionLost")]
    public static partial void SessionLost(ILogger logger, string group, string reason);

    [LoggerMessage(1003, LogLevel.Warning, "Cannot connect to {Backend}: {Reason} Trying again in {Delay}.", EventName = "ConnectFailed")]
    public static partial void ConnectFailed(ILogger logger, string backend, string reason, TimeSpan delay);

    [LoggerMessage(1004, LogLevel.Error, "Cannot use {Backend}: {Reason} Trying again in {Delay}, but it needs somebody to change something.", EventName = "ConnectRefused")]
    public static partial void ConnectRefused(ILogger logger, string backend, string reason, TimeSpan delay);

    [LoggerMessage(1005, LogLevel.Error, "The lease of group '{Group}' is over: no answer for {Silence}. Connecting again; look at the server and the network, or for what stopped this process meanwhile.", EventName = "LeaseExpired")]
    public static partial void LeaseExpired(ILogger logger, string group, TimeSpan silence);

    [LoggerMessage(1006, LogLevel.Information, "Session {Pid} on {Backend} continues the membership of '{Member}' (number {Number}).", EventName = "SessionResumed")]
    public static partial void SessionResumed(ILogger logger, int pid, string backend, string member, long number);

    [LoggerMessage(1007, LogLevel.Warning, "The connection that waits for locks broke: {Reason} Opening another.", EventName = "WaiterLost")]
    public static partial void WaiterLost(ILogger logger, string reason);

    [LoggerMessage(1008, LogLevel.Error, "The host stops because the lease of group '{Group}' was lost (OnLeaseLost = StopHost); the exit code is {ExitCode}.", EventName = "StoppingHost")]
    public static partial void StoppingHost(ILogger logger, string group, int exitCode);

    [LoggerMessage(1010, LogLevel.Warning, "The connection that watches the neighbours in group '{Group}' broke: {Reason} Opening another; until then crashes are seen by heartbeats.", EventName = "WatcherLost")]
    public static partial void WatcherLost(ILogger logger, string group, string reason);

    [LoggerMessage(1011, LogLevel.Information, "The connection that watches the neighbours in group '{Group}' is open again.", EventName = "WatcherResumed")]
    public static partial void WatcherResumed(ILogger logger, string group);

    [LoggerMessage(1012, LogLevel.Warning, "The lock table of {Backend} is more than half full: {Taken} locks are held or waited for by all programs of the server, of {Room} that it promises room for. When it is full, nobody can connect. Raise max_locks_per_transaction.", EventName = "LockTableTight")]
    public static partial void LockTableTight(ILogger logger, string backend, long taken, long room);

    [LoggerMessage(1013, LogLevel.Warning, "No backend is configured and this is Development: groups and locks live in {Url}, for the processes of this machine only. Set {Variable} or another of the places to use PostgreSQL.", EventName = "Embedded")]
    public static partial void Embedded(ILogger logger, string url, string variable);

    [LoggerMessage(2001, LogLevel.Information, "Member '{Member}' left group '{Group}'.", EventName = "Left")]
    public static partial void Left(ILogger logger, string member, string group);

    [LoggerMessage(2002, LogLevel.Error, "Group '{Group}' has gone on without member '{Member}' (number {Number}): it was declared dead or superseded. Joining anew; the group's history tells which, why and by whom ('coordination history').", EventName = "Evicted")]
    public static partial void Evicted(ILogger logger, string group, string member, long number);

    [LoggerMessage(2003, LogLevel.Information, "View {View} of group '{Group}': {Count} members; {Changes}.", EventName = "ViewChanged")]
    public static partial void ViewChanged(ILogger logger, ViewNumber view, string group, int count, string changes);

    [LoggerMessage(2004, LogLevel.Warning, "Could not leave group '{Group}' in order: {Reason} The others will see this member die.", EventName = "LeaveFailed")]
    public static partial void LeaveFailed(ILogger logger, string group, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "Could not read the views of group '{Group}': {Reason} The next heartbeat tries again.", EventName = "ViewsUnread")]
    public static partial void ViewsUnread(ILogger logger, string group, string reason);

    [LoggerMessage(2006, LogLevel.Warning, "Could not tell group '{Group}' that this member is leaving: {Reason} It leaves after the drain all the same.", EventName = "LeavingUnsaid")]
    public static partial void LeavingUnsaid(ILogger logger, string group, string reason);

    [LoggerMessage(2007, LogLevel.Warning, "{Difference}. Each is judged by its own, so that the slowest decides how long the others wait for its locks. Set the same in the whole group.", EventName = "SettingsDiffer")]
    public static partial void SettingsDiffer(ILogger logger, string difference);

    [LoggerMessage(2008, LogLevel.Error, "A part of this process failed when it was told that this member is out of group '{Group}'. The others are told and the membership goes on all the same.", EventName = "OutUntold")]
    public static partial void OutUntold(ILogger logger, string group, Exception failure);

    [LoggerMessage(2009, LogLevel.Warning, "This member cannot leave group '{Group}' yet: {Reason} It has given its locks back, and tries again for as long as it has to stop.", EventName = "LeaveDelayed")]
    public static partial void LeaveDelayed(ILogger logger, string group, string reason);

    [LoggerMessage(2010, LogLevel.Warning, "A member of group '{Group}' looks dead, but the server lets nobody in: it may be shutting down. Nobody is declared dead for free keys within {Grace}; CrashGrace decides. If the server goes on, look why it takes no new connections.", EventName = "DeathNotProven")]
    public static partial void DeathNotProven(ILogger logger, string group, TimeSpan grace);

    [LoggerMessage(2011, LogLevel.Warning, "The heartbeats of this member of group '{Group}' have not been written for {Time}: another session of the database has its row locked. Its locks go on, until the others end a session that they have not heard of for twice its lease and more (with durable heartbeats until the lease is over). Which one it is tells: {Statement}; end it with pg_terminate_backend(pid).", EventName = "HeartbeatUnwritten")]
    public static partial void HeartbeatUnwritten(ILogger logger, string group, TimeSpan time, string statement);

    [LoggerMessage(3001, LogLevel.Debug, "Lock '{Name}' acquired, token {Token}, waited={Waited}.", EventName = "LockAcquired")]
    public static partial void LockAcquired(ILogger logger, LockName name, FencingToken token, TimeSpan waited);

    [LoggerMessage(3002, LogLevel.Debug, "Lock '{Name}' released, token {Token}, held={Held}.", EventName = "LockReleased")]
    public static partial void LockReleased(ILogger logger, LockName name, FencingToken token, TimeSpan held);

    [LoggerMessage(3003, LogLevel.Error, "Lock '{Name}', token {Token}, is lost: {Reason}", EventName = "LockLost")]
    public static partial void LockLost(ILogger logger, LockName name, FencingToken token, string reason);

    [LoggerMessage(3004, LogLevel.Error, "A callback on the Lost token of lock '{Name}' failed.", EventName = "LostCallbackFailed")]
    public static partial void LostCallbackFailed(ILogger logger, LockName name, Exception exception);

    [LoggerMessage(3005, LogLevel.Debug, "Could not show what is held here, or look for deadlocks: {Reason} The next look is in half a second.", EventName = "BoardFailed")]
    public static partial void BoardFailed(ILogger logger, string reason);

    [LoggerMessage(3006, LogLevel.Error, "The caller of lock '{Name}' could not be told what was decided, or it could not be logged or measured: the code that was called failed. The decision stands.", EventName = "CallerNotTold")]
    public static partial void CallerNotTold(ILogger logger, LockName name, Exception exception);

    [LoggerMessage(3009, LogLevel.Warning, "The handle of lock '{Name}', token {Token}, was dropped without being disposed, after {Held}. The lock stays held until the session ends: dispose every handle, with 'await using'.", EventName = "LockDropped")]
    public static partial void LockDropped(ILogger logger, LockName name, FencingToken token, TimeSpan held);

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

    [LoggerMessage(4050, LogLevel.Information, "View {View}: {Come} partitions of '{Service}' are to come to this member, {Go} to go; {Owned} in all.", EventName = "PartitionsMove")]
    public static partial void PartitionsMove(ILogger logger, ViewNumber view, string service, int come, int go, int owned);

    [LoggerMessage(4051, LogLevel.Debug, "Partition {Partition} of '{Service}' runs here, token {Token}.", EventName = "PartitionAssigned")]
    public static partial void PartitionAssigned(ILogger logger, int partition, string service, FencingToken token);

    [LoggerMessage(4052, LogLevel.Debug, "Partition {Partition} of '{Service}', token {Token}, is given away; its run has ended.", EventName = "PartitionGivenAway")]
    public static partial void PartitionGivenAway(ILogger logger, int partition, string service, FencingToken token);

    [LoggerMessage(4053, LogLevel.Warning, "Partition {Partition} of '{Service}', token {Token}, was lost with its lock; its run was told and has ended.", EventName = "PartitionLost")]
    public static partial void PartitionLost(ILogger logger, int partition, string service, FencingToken token);

    [LoggerMessage(4054, LogLevel.Error, "The run of partition {Partition} of '{Service}' failed; it starts again in {Delay}.", EventName = "PartitionFailed")]
    public static partial void PartitionFailed(ILogger logger, int partition, string service, TimeSpan delay, Exception exception);

    [LoggerMessage(4055, LogLevel.Error, "The run of partition {Partition} of '{Service}' failed on its way out.", EventName = "PartitionEndFailed")]
    public static partial void PartitionEndFailed(ILogger logger, int partition, string service, Exception exception);

    [LoggerMessage(4056, LogLevel.Warning, "The run of partition {Partition} of '{Service}' was told to end and has not after {Time} more; nobody can have the partition before. Return from RunAsync when its token fires.", EventName = "PartitionDrains")]
    public static partial void PartitionDrains(ILogger logger, int partition, string service, TimeSpan time);

    [LoggerMessage(4057, LogLevel.Warning, "Partition {Partition} of '{Service}' cannot be taken now: {Reason} Trying again.", EventName = "PartitionNotTaken")]
    public static partial void PartitionNotTaken(ILogger logger, int partition, string service, string reason);

    [LoggerMessage(4058, LogLevel.Error, "This member owns no partition of '{Service}': it was registered with {Count} partitions, and member '{Other}', or one before it, says another number. Register the same number everywhere; to change it, give the service a new name or stop all members first. It begins when those who differ are gone.", EventName = "PartitionCountRefused")]
    public static partial void PartitionCountRefused(ILogger logger, string service, int count, string other);

    [LoggerMessage(4059, LogLevel.Warning, "Service '{Service}' has {Count} partitions here, and member '{Other}' says another number: it and those that joined after it own none. Register the same number everywhere.", EventName = "PartitionCountDiffers")]
    public static partial void PartitionCountDiffers(ILogger logger, string service, int count, string other);

    [LoggerMessage(4060, LogLevel.Error, "{Count} runs of '{Service}' have not ended within the host's shutdown timeout; their partitions go to others when this process has left. Return from RunAsync when its token fires, or raise HostOptions.ShutdownTimeout.", EventName = "PartitionsLeft")]
    public static partial void PartitionsLeft(ILogger logger, int count, string service);

    [LoggerMessage(4061, LogLevel.Error, "The views could not be followed for the partitions of '{Service}'; what this member owned was given away. It begins anew in {Pause}.", EventName = "PartitionsUnfollowed")]
    public static partial void PartitionsUnfollowed(ILogger logger, Exception exception, string service, TimeSpan pause);
}

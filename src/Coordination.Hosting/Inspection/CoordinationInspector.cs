using Coordination.Locks;
using Coordination.Sessions;

namespace Coordination.Inspection;

/// <summary>What people see of the group. All callers share one reading a second.</summary>
internal sealed class CoordinationInspector(LeaseSession session, LockProvider locks, LostLocks lost, string schema, TimeProvider time) : ICoordinationInspector
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly LockKeys _reserved = LockKeys.Reserved(session.Profile.Group);
    private Task<GroupReport>? _reading;
    private long _startedAt;

    /// <inheritdoc/>
    public SelfReport Self
    {
        get
        {
            var report = session.Report();
            var profile = session.Profile;
            return new SelfReport
            {
                Group = profile.Group,
                Backend = session.Backend.Description,
                MemberId = profile.MemberId,
                MemberNumber = session.MemberNumber,
                IsObserver = profile.Observe,
                State = report.State,
                LeaseTime = profile.LeaseTime,
                LeaseRemaining = report.LeaseRemaining,
                HeartbeatAge = report.HeartbeatAge,
                SessionPid = report.SessionPid,
                Reconnects = report.Reconnects,
                LocksHeld = locks.Held,
                LockWaiters = locks.Waiting,
                Schema = schema,
                LastError = report.LastError,
                LostLocks = lost.Read(),
            };
        }
    }

    /// <inheritdoc/>
    public async ValueTask<GroupReport> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await Share().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    // One that is under way is joined, however long it takes; a failed one stands for a second too, so that nobody hammers a server in trouble.
    private Task<GroupReport> Share()
    {
        lock (_gate)
        {
            if (_reading is null || (_reading.IsCompleted && time.GetElapsedTime(_startedAt) >= Fresh))
            {
                _startedAt = time.GetTimestamp();
                _reading = ReadAnewAsync();
            }

            return _reading;
        }
    }

    private async Task<GroupReport> ReadAnewAsync()
    {
        var profile = session.Profile;
        var facts = await session.Backend.SurveyAsync(profile).ConfigureAwait(false);
        return GroupReports.Of(profile.Group, facts, _reserved);
    }
}

using System.Diagnostics;

namespace Coordination.Diagnostics;

/// <summary>The spans of one lock: <c>acquire {template}</c> until the decision, <c>hold {template}</c> until it is given back or lost. Siblings, under what the caller was doing.</summary>
internal sealed class LockTrace
{
    private readonly Func<string, ActivityContext, Activity?> _start;
    private readonly string _template;
    private readonly ActivityContext _parent;
    private readonly Activity? _acquire;
    private volatile Activity? _hold;

    private LockTrace(string template, Func<string, ActivityContext, Activity?> start, ActivityContext parent)
    {
        (_template, _start, _parent) = (template, start, parent);
        _acquire = start($"acquire {template}", parent);
        _acquire?.SetTag(Telemetry.TemplateTag, template);
    }

    public static LockTrace Begin(string template, Func<string, ActivityContext, Activity?> start, ActivityContext parent) => new(template, start, parent);

    /// <summary>It waits for somebody of this process.</summary>
    public void WaitsFor(LockTrace? holder)
    {
        if (holder?._hold is { } hold)
        {
            _acquire?.AddLink(new ActivityLink(hold.Context));
        }
    }

    public void Granted(FencingToken token)
    {
        _acquire?.SetTag(Telemetry.ResultTag, LockResult.Acquired).Dispose();
        _hold = _start($"hold {_template}", _parent)?.SetTag(Telemetry.TemplateTag, _template).SetTag("coordination.lock.token", token.Value);
    }

    public void Refused(string result, Exception? cause)
    {
        _acquire?.SetTag(Telemetry.ResultTag, result);
        if (cause is not null and not OperationCanceledException)
        {
            _acquire?.SetStatus(ActivityStatusCode.Error, cause.Message).SetTag(Telemetry.ErrorTag, cause.GetType().FullName);
        }

        _acquire?.Dispose();
    }

    public void Ended(bool isLost)
    {
        if (isLost)
        {
            _hold?.SetStatus(ActivityStatusCode.Error, "The lock was lost.");
        }

        _hold?.Dispose();
    }
}

namespace Coordination.IntegrationTests.Replicas;

/// <summary>Looks at an office of this process again and again, and tells for how long it had it.</summary>
/// <remarks>
/// What is told lies inside the truth, wherever the process is frozen: it begins after the first look that said yes, and ends before the last one.
/// An office that is still had is told of four times a second, so that a killed process has told nearly all.
/// </remarks>
/// <param name="office">Its name.</param>
/// <param name="look">The number under which this process has it now; null when it does not.</param>
/// <param name="tongue">Where to tell.</param>
internal sealed class OfficeSampler(string office, Func<long?> look, Tongue tongue)
{
    private static readonly TimeSpan TellAgain = TimeSpan.FromMilliseconds(250);

    private readonly object _gate = new();
    private long? _number;
    private long _begin;
    private long _end;
    private long _told;
    private bool _isOver;

    private static TimeProvider Time => TimeProvider.System;

    public void Look()
    {
        lock (_gate)
        {
            var before = Time.GetTimestamp();
            var number = _isOver ? null : look();
            if (number != _number)
            {
                Tell("over");
                (_number, _begin, _end) = (number, Time.GetTimestamp(), before);
                Tell("begun");
            }
            else if (number is not null)
            {
                _end = before;
                if (Time.GetElapsedTime(_told) > TellAgain)
                {
                    Tell("goes on");
                }
            }
        }
    }

    /// <summary>Looks no more: what was seen until now is told.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true; // the thread that looks may be about to
            Tell("over");
            _number = null;
        }
    }

    private void Tell(string what)
    {
        if (_number is { } number)
        {
            _told = Time.GetTimestamp();
            tongue.Say(new ReplicaEvent("office") { Id = office, Text = what, Token = number, Begin = _begin, End = _end });
        }
    }
}

namespace Coordination.Backends.Files;

/// <summary>Lock commands.</summary>
internal sealed partial class FileWorker
{
    /// <summary>One hold of the mutex for all that has gathered.</summary>
    private void Execute()
    {
        _answers.Clear();
        Inside(() =>
        {
            EnsureOwn();
            foreach (var command in _commands)
            {
                _answers.Add(Execute(command));
            }

            foreach (var call in _calls.Where(static call => call.IsInside))
            {
                call.Run();
            }
        });
        for (var i = 0; i < _commands.Count; i++)
        {
            if (_answers[i].Refusal is { } refusal)
            {
                _commands[i].Fail(refusal);
            }
            else
            {
                _commands[i].Complete(_answers[i].Result);
            }
        }

        _commands.Clear();
    }

    private (long? Result, CoordinationException? Refusal) Execute(LockCommand command)
    {
        try
        {
            if (!command.IsRelease)
            {
                return (Roster.Locks.Try(_session.Number, command.Key, command.Mode), null);
            }

            var chain = _names.Remove(command.Key, out var name) ? name : command.Key;
            return (Roster.Locks.Release(_session.Number, command.Key, chain) ? 1 : 0, null);
        }
        catch (CoordinationException e)
        {
            return (null, e);
        }
    }
}

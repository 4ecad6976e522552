using System.Runtime.InteropServices;
using Coordination.Diagnostics;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Carries lock commands to the server, a batch at a time, and their answers back. Used by the session's thread only.</summary>
internal sealed class CommandPump(NpgsqlConnection connection, string schema, long epoch, Telemetry telemetry) : IDisposable
{
    private readonly LockStatement _statement = new(connection, schema);
    private readonly List<long?> _results = new(CommandQueue.MostInBatch);

    /// <summary>One round trip for all of them.</summary>
    /// <exception cref="CoordinationException">The session cannot be trusted any more.</exception>
    public void Execute(List<LockCommand> batch)
    {
        telemetry.BatchSent(batch.Count);
        foreach (var command in batch)
        {
            _statement.Add(command);
        }

        _results.Clear();
        try
        {
            _statement.Execute(_results);
        }
        catch (PostgresException e) when (IsOfTheStatement(e.SqlState))
        {
            Repair(batch, e);
            return;
        }

        var good = Believe(batch);
        Answer(CollectionsMarshal.AsSpan(batch)[..good], CollectionsMarshal.AsSpan(_results)[..good]);
        if (good < batch.Count)
        {
            // The server says that we did not hold what we hold: whatever the reason, nothing else that we believe is worth more.
            throw new CoordinationUnavailableException("The server did not know a lock that this session holds: something between us and the server mixes sessions up.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    /// <summary>
    /// The server refused the statement but the session lives: it was cancelled, say. A full lock table is not among them: the driver
    /// closes a connection at such an error, and the session is lost with it.
    /// </summary>
    private static bool IsOfTheStatement(string state) =>
        state is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected;

    /// <summary>
    /// A batch that fails midway leaves the locks of its earlier rows held, whatever the error says: so ask what this session
    /// holds, give back what was just taken, and finish the releases that did not happen.
    /// </summary>
    private void Repair(List<LockCommand> batch, PostgresException cause)
    {
        var held = OwnLocks.Read(connection);
        foreach (var key in batch.Select(command => command.Key).Distinct().Where(held.ContainsKey))
        {
            // Once, as it is held: a release that did not happen, or what was taken behind it.
            _statement.Add(key, held[key], isRelease: true);
        }

        _results.Clear();
        _statement.Execute(_results);
        if (_results.Exists(result => result != 1))
        {
            throw new CoordinationUnavailableException("The session's locks could not be put in order after an error of the server; it is given up.", cause);
        }

        var refusal = Refusal(cause);
        foreach (var command in batch)
        {
            if (command.IsRelease)
            {
                command.Complete(1);
            }
            else
            {
                command.Fail(refusal);
            }
        }
    }

    private static CoordinationException Refusal(PostgresException cause) =>
        new($"The lock was not granted: the server gave the statement up ({cause.SqlState}: {cause.MessageText}). Try again.", cause);

    /// <summary>Makes tokens of the fence numbers.</summary>
    /// <returns>How many answers can be believed: all, or those before a release that found nothing.</returns>
    private int Believe(List<LockCommand> batch)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].IsRelease)
            {
                if (_results[i] != 1)
                {
                    return i;
                }
            }
            else if (_results[i] is { } number)
            {
                _results[i] = Fence.TokenOf(epoch, number);
            }
        }

        return batch.Count;
    }

    /// <summary>Hands the answers out, together to whoever takes many of them.</summary>
    private static void Answer(ReadOnlySpan<LockCommand> commands, ReadOnlySpan<long?> results)
    {
        for (var i = 0; i < commands.Length;)
        {
            var end = i + 1;
            if (commands[i].Together is { } together)
            {
                while (end < commands.Length && commands[end].Together == together)
                {
                    end++;
                }

                together.Answered(commands[i..end], results[i..end]);
            }
            else
            {
                commands[i].Complete(results[i]);
            }

            i = end;
        }
    }
}

using Coordination.Backends;
using Coordination.Backends.Postgres;
using Coordination.Connecting;
using Coordination.Hosting;
using Coordination.Locks;
using Coordination.Shell;
using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Operating;

/// <summary>What an operator works at: a group's backend, without a place in the group.</summary>
internal sealed class Bench(Gate gate, Place place)
{
    private readonly CoordinationRuntime _runtime = gate.Services.GetRequiredService<CoordinationRuntime>();

    /// <summary>Whether the backend is a database.</summary>
    public bool IsDatabase => _runtime.Backend is PostgresBackend;

    public string Description => _runtime.Backend.Description;

    public string Schema => _runtime.Settings.Schema;

    /// <summary>The key of a lock, as an application with the same prefix and format derives it.</summary>
    public LockKey KeyOf(LockName name) => new LockKeys(_runtime.Settings.LockPrefix, _runtime.Settings.KeyFormat).KeyOf(name);

    /// <summary>Does something that waits for the network; gives up when that takes too long.</summary>
    /// <exception cref="CliFault">The backend offers no such thing, or has not answered.</exception>
    public async Task<T> AskAsync<T>(string what, Func<PostgresOperator, T> work)
    {
        var backend = _runtime.Backend as PostgresBackend ?? throw new CliFault(ExitCodes.Configuration, $"{Description} has no {what}. It is for PostgreSQL only.");
        using var limit = new CancellationTokenSource();
        var database = backend.OperatorFor(_runtime.Settings.Profile, limit.Token);
        try
        {
            return await Task.Run(() => work(database)).WaitAsync(place.ConnectTimeout, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw CliFault.Unanswered(Description, place.ConnectTimeout);
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Who does it, and why, for the history.</summary>
    public static string Note(string deed, string? reason)
    {
        var note = $"{deed} by {Environment.UserName}@{Environment.MachineName}{(reason is null ? string.Empty : $": {reason}")}";
        return string.Concat(note.Where(static c => !char.IsControl(c)));
    }
}

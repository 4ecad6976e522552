using System.Globalization;
using Coordination.IntegrationTests.Replicas;
using Npgsql;

namespace Coordination.IntegrationTests.Faults;

/// <summary>The replica's side of the checker's test: many callers that fight for few names, and give up at random.</summary>
internal sealed class CriticalSectionWorker(ILockProvider locks)
{
    private readonly CancellationTokenSource _enough = new();
    private int _sections;
    private int _canceled;
    private int _busy;
    private int _lost;
    private int _unavailable;

    public static IList<string> Names { get; } = [.. Enumerable.Range(0, 50).Select(i => string.Create(CultureInfo.InvariantCulture, $"section-{i}"))];

    public void Stop() => _enough.Cancel();

    /// <summary>Runs <c>Count</c> callers against the checker at the connection string in <c>Name</c> until told to stop.</summary>
    public async Task<ReplicaEvent> RunAsync(ReplicaCommand command)
    {
        await Task.WhenAll(Enumerable.Range(0, command.Count).Select(_ => Task.Run(() => WorkAsync(command.Name))));
        return Sum();
    }

    /// <summary>The same against the board in the file <c>Name</c>.</summary>
    public async Task<ReplicaEvent> RunOnBoardAsync(ReplicaCommand command)
    {
        using var board = SectionBoard.Open(command.Name);
        await Task.WhenAll(Enumerable.Range(0, command.Count).Select(_ => Task.Run(() => WorkAsync(held => VisitAsync(board, held)))));
        return Sum();
    }

    private ReplicaEvent Sum()
    {
        return new ReplicaEvent("sections-done")
        {
            Data = new Dictionary<string, string>
            {
                ["sections"] = $"{_sections}",
                ["canceled"] = $"{_canceled}",
                ["busy"] = $"{_busy}",
                ["lost"] = $"{_lost}",
                ["unavailable"] = $"{_unavailable}",
            },
        };
    }

    private async Task WorkAsync(string checkerAt)
    {
        while (!_enough.IsCancellationRequested)
        {
            try
            {
                await using var checker = await CriticalSectionChecker.OpenAsync(checkerAt);
                await WorkAsync(held => VisitAsync(checker, held));
            }
            catch (NpgsqlException)
            {
                // The database is away, and the witness with it.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private async Task WorkAsync(Func<ILockHandle, Task> visit)
    {
        while (!_enough.IsCancellationRequested)
        {
            // The square makes the first names hot and the last ones nearly free.
            var name = Names[(int)(Names.Count * Math.Pow(Random.Shared.NextDouble(), 2))];
            try
            {
                if (await AskAsync(name) is { } held)
                {
                    await using (held)
                    {
                        await visit(held);
                    }
                }
                else
                {
                    Interlocked.Increment(ref _busy);
                }
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _canceled);
            }
            catch (CoordinationUnavailableException)
            {
                Interlocked.Increment(ref _unavailable);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>All the ways to ask: wait, wait until the caller loses patience, wait a little, do not wait.</summary>
    private async Task<ILockHandle?> AskAsync(string name)
    {
        switch (Random.Shared.Next(8))
        {
            case 0:
                using (var patience = CancellationTokenSource.CreateLinkedTokenSource(_enough.Token))
                {
                    patience.CancelAfter(Random.Shared.Next(4));
                    return await locks.AcquireAsync(name, cancellationToken: patience.Token);
                }

            case 1:
                return await locks.TryAcquireAsync(name);
            case 2:
                return await locks.TryAcquireAsync(name, new LockRequest { Timeout = TimeSpan.FromMilliseconds(Random.Shared.Next(10)) });
            default:
                return await locks.AcquireAsync(name, cancellationToken: _enough.Token);
        }
    }

    private async Task VisitAsync(CriticalSectionChecker checker, ILockHandle held)
    {
        var (name, token) = (held.Name.ToString(), held.Token.Value);
        await ConfirmAsync(checker, held, await checker.EnterAsync(name, token));
        if (Random.Shared.Next(4) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        if (held.Lost.IsCancellationRequested)
        {
            Interlocked.Increment(ref _lost);
            await checker.AbandonAsync(name, token);
            return;
        }

        await ConfirmAsync(checker, held, await checker.LeaveAsync(name, token));
        Interlocked.Increment(ref _sections);
    }

    private async Task VisitAsync(SectionBoard board, ILockHandle held)
    {
        var place = Names.IndexOf(held.Name.ToString());
        board.Enter(place, held.Token.Value, () => held.IsHeld);
        if (Random.Shared.Next(4) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        if (board.Leave(place, held.Token.Value, () => held.IsHeld))
        {
            Interlocked.Increment(ref _sections);
        }
        else
        {
            Interlocked.Increment(ref _lost);
        }
    }

    private static async Task ConfirmAsync(CriticalSectionChecker checker, ILockHandle held, long? accusation)
    {
        if (accusation is { } id)
        {
            await checker.ConfirmAsync(id, await held.ConfirmAsync());
        }
    }
}

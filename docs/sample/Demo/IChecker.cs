namespace Conductors.Demo;

/// <summary>Judges from what the conductors wrote, in the order in which it was written.</summary>
internal interface IChecker : IAsyncDisposable
{
    /// <summary>Notes that a conductor is about to be killed.</summary>
    Task NoteDeathAsync(string conductor, CancellationToken cancellationToken);

    /// <summary>Whether this conductor has begun with this node and not ended.</summary>
    Task<bool> IsWorkingAsync(string conductor, string node, CancellationToken cancellationToken);

    /// <summary>Judges all that was written.</summary>
    Task<Judgement> JudgeAsync(CancellationToken cancellationToken);
}

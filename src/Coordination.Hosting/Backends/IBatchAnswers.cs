namespace Coordination.Backends;

/// <summary>Takes the answers to many commands of one batch together: what each of them would have to lock is locked once.</summary>
internal interface IBatchAnswers
{
    /// <summary>The server's answers, as <see cref="LockCommand.Complete"/> takes them one by one; called on the session's thread, which must not be kept.</summary>
    /// <param name="commands">In the order in which they were carried out; all of them name this as their <see cref="LockCommand.Together"/>. The releases among them went well.</param>
    /// <param name="results">One for each.</param>
    void Answered(ReadOnlySpan<LockCommand> commands, ReadOnlySpan<long?> results);
}

namespace Coordination.Backends;

/// <summary>
/// One lock command on its way to the server. An object of the caller's that is used again and again, so that a round trip
/// allocates nothing for it.
/// </summary>
internal abstract class LockCommand
{
    private bool _isQueued;

    public LockKey Key { get; protected set; }

    public LockMode Mode { get; protected set; }

    /// <summary>True: release the key. False: take it if it is free.</summary>
    public bool IsRelease { get; protected set; }

    /// <summary>Of a release: its caller waits for nothing, and may ask for the key again right behind it.</summary>
    public bool IsPosted { get; protected set; }

    /// <summary>Of a try: the posted release of the same key that it was posted behind, so that one row of a statement can be both; null when there is none.</summary>
    public LockCommand? Behind { get; protected set; }

    /// <summary>Which row of the statement that carries it, for whoever makes the statement.</summary>
    public int Row { get; set; }

    /// <summary>Who takes its answer together with those of other commands; null when it wants its own by <see cref="Complete"/>.</summary>
    public virtual IBatchAnswers? Together => null;

    /// <summary>
    /// Set by a session that carries commands out in the order in which they are posted, when it has this one: what is posted
    /// by whoever sees it is carried out, and answered, after it. A session that keeps no order never sets it.
    /// </summary>
    public bool IsQueued
    {
        get => Volatile.Read(ref _isQueued);
        set => Volatile.Write(ref _isQueued, value);
    }

    /// <summary>The server's answer; called on a thread of the session, which must not be kept.</summary>
    /// <param name="result">
    /// A try: the grant's token, or null when the key is busy. A release: 1 when the key had been held until then, 0 when it had not.
    /// </param>
    public abstract void Complete(long? result);

    /// <summary>The server could not carry out the command although the session lives (somebody cancelled it, say); nothing is held by it. Never of a release.</summary>
    /// <param name="cause">Fact, value, remedy.</param>
    public abstract void Fail(CoordinationException cause);
}

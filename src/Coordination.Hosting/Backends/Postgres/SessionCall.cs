namespace Coordination.Backends.Postgres;

/// <summary>A statement of the membership, to be carried out on the session's thread between two batches of locks.</summary>
internal abstract class SessionCall
{
    public abstract void Execute(GroupStatements statements);

    public abstract void Fail(Exception cause);
}

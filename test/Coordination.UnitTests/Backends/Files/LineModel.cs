namespace Coordination.UnitTests.Backends.Files;

/// <summary>What first come, first served means for one key, in the plainest words.</summary>
internal sealed class LineModel
{
    public List<(long Session, LockMode Mode)> Holders { get; } = [];

    public List<(long Session, LockMode Mode)> Line { get; } = [];

    public bool Has(long session) => Holders.Exists(one => one.Session == session) || Line.Exists(one => one.Session == session);

    public bool Try(long session, LockMode mode)
    {
        if (Line.Count > 0 || !Tolerate(mode))
        {
            return false;
        }

        Holders.Add((session, mode));
        return true;
    }

    public void Wait(long session, LockMode mode)
    {
        Line.Add((session, mode));
        Serve();
    }

    public void Remove(long session)
    {
        Holders.RemoveAll(one => one.Session == session);
        Line.RemoveAll(one => one.Session == session);
        Serve();
    }

    private void Serve()
    {
        while (Line.Count > 0 && Tolerate(Line[0].Mode))
        {
            Holders.Add(Line[0]);
            Line.RemoveAt(0);
        }
    }

    private bool Tolerate(LockMode mode) => Holders.Count == 0 || (mode is LockMode.Shared && Holders.TrueForAll(one => one.Mode is LockMode.Shared));
}

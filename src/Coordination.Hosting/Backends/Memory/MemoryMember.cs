namespace Coordination.Backends.Memory;

/// <summary>A living member's row. Changes under the server's gate.</summary>
internal sealed class MemoryMember(MemoryGroup group, long number, DateTimeOffset joinedAt, MemberProfile profile)
{
    private ServerSession? _session;

    public MemoryGroup Group { get; } = group;

    public long Number { get; } = number;

    public string Id { get; } = profile.MemberId;

    public Uri? Url { get; private set; } = profile.Url;

    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = Copy(profile.Metadata);

    public bool IsLeaving { get; private set; }

    /// <summary>Its session, or null since it broke: then the member is suspect until it attaches or the grace is over.</summary>
    public required ServerSession? Session
    {
        get => _session;
        set
        {
            _session = value;
            LastSession = value ?? LastSession;
        }
    }

    /// <summary>Its session, or the one that broke last.</summary>
    public ServerSession? LastSession { get; private set; }

    /// <summary>The timer that ends the grace; kept here so that it is not collected before.</summary>
    public ITimer? Grace { get; set; }

    private MemberStatus Status =>
        Session is null ? MemberStatus.Suspect
        : IsLeaving ? MemberStatus.Leaving
        : MemberStatus.Up;

    /// <summary>The member as a view shows it now.</summary>
    public Member Show() => new(Id, Number, Status, joinedAt, Url, Metadata);

    /// <returns>Whether anything is different.</returns>
    public bool Describe(Uri? url, IReadOnlyDictionary<string, string> metadata)
    {
        var before = Show();
        Url = url;
        Metadata = Copy(metadata);
        return before != Show();
    }

    /// <returns>Whether that is new.</returns>
    public bool MarkLeaving()
    {
        var before = IsLeaving;
        IsLeaving = true;
        return !before;
    }

    // Views never change, and the owner's dictionary may.
    private static Dictionary<string, string> Copy(IReadOnlyDictionary<string, string> metadata) => new(metadata, StringComparer.Ordinal);
}

using System.Text;
using Coordination.Sessions;

namespace Coordination.Membership;

/// <summary>What users see of the group: the views, and this process's own place in it.</summary>
internal sealed class GroupMembership(LeaseSession session, GroupViews views) : IGroupMembership
{
    /// <summary>The most that a member may tell about itself, in bytes of keys and values.</summary>
    internal const int MaxMetadataBytes = 8192;

    /// <inheritdoc/>
    public string Group => session.Profile.Group;

    /// <inheritdoc/>
    public MembershipState State => session.State;

    /// <inheritdoc/>
    public Member? Self => session.MemberNumber is > 0 and var number
        ? views.Current.Members.FirstOrDefault(member => member.Number == number)
        : null;

    /// <inheritdoc/>
    public GroupView Current => views.Current;

    /// <inheritdoc/>
    public CancellationToken Lost => views.OutToken;

    /// <inheritdoc/>
    public async ValueTask<GroupView> RefreshAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var live = session.Lease.Session;
        var answer = await live.BeatAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (answer.View > views.Seen)
        {
            await views.CatchUpAsync(live).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return views.Current;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<GroupView> WatchAsync(CancellationToken cancellationToken = default) => views.WatchAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask UpdateMetadataAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        CheckMetadata(metadata, nameof(metadata));
        cancellationToken.ThrowIfCancellationRequested();
        if (session.Profile.Observe)
        {
            throw new CoordinationUnavailableException(
                $"This process only observes group '{Group}' and has no metadata there. Set Observe = false to be a member.");
        }

        await session.DescribeAsync(new Dictionary<string, string>(metadata), cancellationToken).ConfigureAwait(false);
        await RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask JoinAsync(CancellationToken cancellationToken = default) => await session.JoinAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(CancellationToken cancellationToken = default) => await session.LeaveAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Refuses metadata that no view could carry.</summary>
    /// <exception cref="ArgumentException">Too large, or with characters that the server cannot store.</exception>
    internal static void CheckMetadata(IEnumerable<KeyValuePair<string, string>> metadata, string parameter)
    {
        ArgumentNullException.ThrowIfNull(metadata, parameter);
        var bytes = 0;
        foreach (var (key, value) in metadata)
        {
            if (string.IsNullOrEmpty(key) || value is null)
            {
                throw new ArgumentException("Metadata has an empty key or a null value; give every key a name and a text.", parameter);
            }

            if (key.Contains('\0') || value.Contains('\0'))
            {
                throw new ArgumentException($"Metadata '{key.Replace("\0", "\\0")}' has a NUL character, which no database text can hold; remove it.", parameter);
            }

            if (key == "weight" && !Member.TryReadWeight(value, out _))
            {
                throw new ArgumentException($"Metadata 'weight' is '{value}'; it must be a number of 0 to 1,000,000, such as 2 or 0.5.", parameter);
            }

            bytes += Measure(key, parameter) + Measure(value, parameter);
        }

        if (bytes > MaxMetadataBytes)
        {
            throw new ArgumentException($"Metadata has {bytes} bytes; at most {MaxMetadataBytes} are allowed. Publish a url where others can fetch the rest.", parameter);
        }
    }

    private static int Measure(string text, string parameter)
    {
        try
        {
            return StrictUtf8.Encoding.GetByteCount(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("Metadata has half of a surrogate pair in it, which no UTF-8 text can express; remove it.", parameter, e);
        }
    }
}

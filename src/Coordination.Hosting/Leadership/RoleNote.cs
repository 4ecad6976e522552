using System.Globalization;

namespace Coordination.Leadership;

/// <summary>What a member tells the others about a role that it leads, or is about to lead; a piece of its metadata.</summary>
/// <param name="Token">The token of the term.</param>
/// <param name="Number">The number of the member that wrote it: one that joined anew under another number leads nothing by an old note.</param>
internal readonly record struct RoleNote(FencingToken Token, long Number)
{
    /// <summary>What the metadata key of every role begins with.</summary>
    public const string Prefix = Member.ReservedMetadata + "leads.";

    private const int LongestRole = 200;

    /// <summary>The metadata key for a role.</summary>
    public static string KeyOf(string role) => Prefix + role;

    /// <summary>The metadata key of a member that waits for a role; its value is the member's number.</summary>
    public static string CandidacyOf(string role) => $"{Member.ReservedMetadata}waits.{role}";

    /// <summary>Whether a member shows that it waits for the role.</summary>
    public static bool IsCandidate(Member member, string role) =>
        member.Metadata.TryGetValue(CandidacyOf(role), out var number) && number == member.Number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The lock behind a role.</summary>
    public static LockName LockOf(string role) => $"role/{role}";

    /// <exception cref="ArgumentException">No role, or one that is too long or has a control character.</exception>
    public static void Check(string role)
    {
        ArgumentException.ThrowIfNullOrEmpty(role);
        if (role.Length > LongestRole || !StrictUtf8.CanExpress(role) || role.Any(char.IsControl))
        {
            throw new ArgumentException(
                $"A role has {role.Length} characters; it must have 1 to {LongestRole}, none of them a control character or half of a surrogate pair.", nameof(role));
        }
    }

    /// <summary>What a member says of the role; null when it says nothing.</summary>
    public static RoleNote? Read(Member member, string role)
    {
        if (!member.Metadata.TryGetValue(KeyOf(role), out var text) || text.IndexOf(' ', StringComparison.Ordinal) is var blank && blank < 0)
        {
            return null;
        }

        return long.TryParse(text.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out var token)
            && long.TryParse(text.AsSpan(blank + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number == member.Number
            ? new RoleNote(new FencingToken(token), number)
            : null;
    }

    /// <summary>Who leads the role in a view. When two show it, the later one waits for the earlier one to be told and gone.</summary>
    public static (Member Member, RoleNote Note)? LeaderOf(GroupView view, string role)
    {
        (Member, RoleNote Note)? leader = null;
        foreach (var member in view.Members)
        {
            if (Read(member, role) is { } note && (leader is null || note.Token < leader.Value.Note.Token))
            {
                leader = (member, note);
            }
        }

        return leader;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Token.Value} {Number}");
}

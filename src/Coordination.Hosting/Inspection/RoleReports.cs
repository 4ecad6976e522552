using Coordination.Backends;
using Coordination.Leadership;

namespace Coordination.Inspection;

/// <summary>Who leads what, out of what members tell and what is shown of the locks behind roles. Pure.</summary>
internal static class RoleReports
{
    /// <summary>What the names of these locks begin with.</summary>
    public const string Head = "role/";

    /// <summary>The roles, by name.</summary>
    /// <param name="view">The members.</param>
    /// <param name="shown">The library's own locks.</param>
    public static IReadOnlyList<RoleReport> Of(GroupView view, IEnumerable<ShownLock> shown)
    {
        var claims = shown.Where(one => one.Note.Name.StartsWith(Head, StringComparison.Ordinal)).ToLookup(one => one.Note.Name[Head.Length..], StringComparer.Ordinal);
        var told = view.Members.SelectMany(member => member.Metadata.Keys).Where(key => key.StartsWith(RoleNote.Prefix, StringComparison.Ordinal)).Select(key => key[RoleNote.Prefix.Length..]);
        return [.. claims.Select(claim => claim.Key).Concat(told).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(Report)];

        RoleReport Report(string role)
        {
            var leader = RoleNote.LeaderOf(view, role);
            var held = claims[role].FirstOrDefault(claim => !claim.Note.IsWaiting && claim.MemberId == leader?.Member.Id);
            return new RoleReport(
                role, leader?.Member.Id, held?.Since, leader?.Note.Token, [.. claims[role].Where(claim => claim.Note.IsWaiting).OrderBy(claim => claim.Since).Select(claim => claim.MemberId)]);
        }
    }
}

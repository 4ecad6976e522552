namespace Coordination.Backends.Postgres;

/// <summary>
/// The first halves of the members' own advisory keys, whose second half is the member's number: two-int keys, so that members need
/// no hashing and users' locks, which live in the space of the single numbers, never meet them. The values say "coo1" and "coo2"
/// in ASCII; nothing depends on them but that all members agree.
/// </summary>
internal static class MemberKeys
{
    /// <summary>Held by a member's session as long as it lives.</summary>
    public const int Session = 0x636F6F31;

    /// <summary>One lock in the space of the single numbers, under which the tables are created.</summary>
    public const long Schema = 0x636F6F72_64696E61;
}

namespace Coordination.Backends.Files;

/// <summary>Who a session is, and what it shows of its locks.</summary>
/// <param name="Group">Its group.</param>
/// <param name="MemberId">Its member, or observer.</param>
/// <param name="IsObserver">Which of the two.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Shown">Its locks.</param>
internal sealed record SessionCard(string Group, string MemberId, bool IsObserver, int Pid, IReadOnlyList<CardNote> Shown);

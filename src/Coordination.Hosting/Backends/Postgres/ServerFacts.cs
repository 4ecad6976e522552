namespace Coordination.Backends.Postgres;

/// <summary>What the start-up proof found out.</summary>
/// <param name="MajorVersion">The server's.</param>
/// <param name="IsPooled">Whether a pooler is in between; only where one is allowed.</param>
/// <param name="ProcessId">Which of the server's processes answered.</param>
internal readonly record struct ServerFacts(int MajorVersion, bool IsPooled, int ProcessId);

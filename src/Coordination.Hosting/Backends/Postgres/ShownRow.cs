using System.Text.Json;

namespace Coordination.Backends.Postgres;

/// <summary>A row of the board.</summary>
internal sealed class ShownRow
{
    public required string SessionId { get; init; }

    public bool IsOwn { get; init; }

    public required string Group { get; init; }

    public required string MemberId { get; init; }

    public DateTime Since { get; init; }

    public long Id { get; init; }

    public long Key { get; init; }

    public bool IsPair { get; init; }

    public required string Name { get; init; }

    public required string Mode { get; init; }

    public bool IsWaiting { get; init; }

    public long AgeMs { get; init; }

    public long Token { get; init; }

    public string? Reason { get; init; }

    public required string Holds { get; init; }

    public ShownLock ToShown() => new(SessionId, IsOwn, Group, MemberId, new DateTimeOffset(DateTime.SpecifyKind(Since, DateTimeKind.Utc)), new LockNote
    {
        Id = Id,
        Key = new LockKey(Key, IsPair),
        Name = Name,
        Mode = Enum.Parse<LockMode>(Mode),
        IsWaiting = IsWaiting,
        Age = TimeSpan.FromMilliseconds(AgeMs),
        Token = Token,
        Reason = Reason,
        Holds = Holds is "[]" ? [] : [.. JsonSerializer.Deserialize<ShownKey[]>(Holds, ShownKey.Json)!.Select(key => key.ToKey())],
    });
}

using System.Text.Json;

namespace Coordination.Backends.Postgres;

/// <summary>A key as the board writes it.</summary>
internal sealed record ShownKey(long Key, bool IsPair)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    public static ShownKey Of(LockKey key) => new(key.Bits, key.IsPair);

    public LockKey ToKey() => new(Key, IsPair);
}

using System.Buffers.Binary;

namespace Coordination.Benchmarks;

/// <summary>One time of holding, in ticks of the machine's monotonic clock.</summary>
/// <param name="Granted">After the grant.</param>
/// <param name="GivenBack">Before the release.</param>
internal readonly record struct Hold(long Granted, long GivenBack)
{
    public const int Size = 2 * sizeof(long);

    public void WriteTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Granted);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[sizeof(long)..], GivenBack);
    }

    public static Hold ReadFrom(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[sizeof(long)..]));
}

using System.Buffers;
using System.Text.Json;

namespace Coordination.Dashboard;

/// <summary>What the page shows at one instant: named sections of JSON. A section that is as it was is the same object, so that nobody is sent it twice.</summary>
internal sealed class DashboardFrame
{
    private readonly List<KeyValuePair<string, byte[]>> _sections = [];

    /// <summary>In the order in which the page reads them.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> Sections => _sections;

    /// <summary>The frame that follows another one.</summary>
    /// <param name="before">The last frame.</param>
    /// <param name="isNew">Whether the report is another than the last frame's.</param>
    /// <param name="report">The group; null while it has not been read.</param>
    /// <param name="self">This process.</param>
    /// <param name="error">Why the group could not be read now.</param>
    /// <param name="waits">How long acquiring took.</param>
    public static DashboardFrame After(DashboardFrame? before, bool isNew, GroupReport? report, SelfReport self, string? error, WaitTimes waits)
    {
        var frame = new DashboardFrame();
        frame.Add(before, "self", writer => StateWriter.WriteSelf(writer, self));
        frame.Add(before, "group", writer => StateWriter.WriteGroup(writer, report, error));
        if (report is not null)
        {
            frame.Add(isNew ? null : before, before, "members", writer => StateWriter.WriteMembers(writer, report, self));
            frame.Add(isNew ? null : before, before, "locks", writer => StateWriter.WriteLocks(writer, report));
            frame.Add(isNew ? null : before, before, "roles", writer => StateWriter.WriteRoles(writer, report));
            frame.Add(isNew ? null : before, before, "partitions", writer => StateWriter.WritePartitions(writer, report));
            frame.Add(isNew ? null : before, before, "history", writer => StateWriter.WriteHistory(writer, report));
        }

        frame.Add(before, "lost", writer => StateWriter.WriteLost(writer, report, self));
        frame.Add(before, "waits", waits.Write);
        frame.Add(before, before, "sql", writer => StateWriter.WriteSql(writer, self));
        return frame;
    }

    /// <summary>All sections as one object.</summary>
    public void WriteWhole(IBufferWriter<byte> output)
    {
        var separator = "{"u8;
        foreach (var (name, content) in _sections)
        {
            output.Write(separator);
            output.Write("\""u8);
            output.Write(System.Text.Encoding.ASCII.GetBytes(name));
            output.Write("\":"u8);
            output.Write(content);
            separator = ","u8;
        }

        output.Write("}"u8);
    }

    private void Add(DashboardFrame? before, string name, Action<Utf8JsonWriter> write) => Add(known: null, before, name, write);

    /// <param name="known">A frame whose section is known to be the same; null: it has to be written to find out.</param>
    /// <param name="before">The last frame.</param>
    /// <param name="name">The section.</param>
    /// <param name="write">Writes it.</param>
    private void Add(DashboardFrame? known, DashboardFrame? before, string name, Action<Utf8JsonWriter> write)
    {
        var content = known?.Find(name);
        if (content is null)
        {
            var buffer = new ArrayBufferWriter<byte>(1024);
            using (var writer = new Utf8JsonWriter(buffer))
            {
                write(writer);
            }

            content = before?.Find(name) is { } last && buffer.WrittenSpan.SequenceEqual(last) ? last : buffer.WrittenSpan.ToArray();
        }

        _sections.Add(KeyValuePair.Create(name, content));
    }

    private byte[]? Find(string name) => _sections.Find(section => section.Key == name).Value;
}

using System.Text.Json;

namespace Conductors.Roles;

/// <summary>A history without a database: one file that one process at a time has open, a line for each step.</summary>
/// <remarks>It asks nothing of the locks that are shown: who opens a file for itself is kept apart by the operating system.</remarks>
internal sealed class HistoryFile(string path) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly SemaphoreSlim _one = new(1, 1); // of this process: it need not disturb the others with attempts of its own

    /// <summary>Reads all that was written and adds what follows from it, while nobody else does.</summary>
    /// <param name="next">The row to add; null: none.</param>
    /// <returns>What was there, and the added row.</returns>
    public async Task<(IReadOnlyList<HistoryRow> Before, HistoryRow? Added)> AddAsync(Func<IReadOnlyList<HistoryRow>, HistoryRow?> next)
    {
        await _one.WaitAsync();
        try
        {
            await using var file = await OpenAsync();
            var (rows, end) = await ReadAsync(file);
            if (next(rows) is not { } row)
            {
                return (rows, null);
            }

            file.SetLength(end); // whoever was killed while it wrote has left half a line
            file.Position = end;
            await file.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(row), (byte)'\n']);
            return (rows, row);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<FileStream> OpenAsync()
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
            {
                await Task.Delay(Pause, TimeProvider.System); // another process has it
            }
        }
    }

    private static async Task<(List<HistoryRow> Rows, long End)> ReadAsync(FileStream file)
    {
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes);
        var (rows, start) = (new List<HistoryRow>(), 0);
        for (var end = Array.IndexOf(bytes, (byte)'\n'); end >= 0; end = Array.IndexOf(bytes, (byte)'\n', start))
        {
            rows.Add(JsonSerializer.Deserialize<HistoryRow>(bytes.AsSpan(start, end - start))!);
            start = end + 1;
        }

        return (rows, start);
    }
}

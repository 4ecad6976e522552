namespace Conductors.Roles;

/// <summary>Nodes and history in a folder, where there is no database: the same rules as <see cref="PostgresNodeHistory"/>.</summary>
internal sealed class FolderNodeHistory(string folder) : INodeHistory, IDisposable
{
    private readonly HistoryFile _file = new(FileOf(folder));

    public static string FileOf(string folder) => Path.Combine(folder, "history");

    public Task CreateAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return Task.CompletedTask;
    }

    public Task<bool> BeginAsync(NodeState node) => WriteAsync(node, "begin", before => !before.Any(row => row.Token >= node.Token));

    public Task<bool> EndAsync(NodeState node) => WriteAsync(node, "end", before =>
        before.LastOrDefault() is { Step: "begin" } last && last.Token == node.Token && last.Conductor == node.Conductor);

    public void Dispose() => _file.Dispose();

    private async Task<bool> WriteAsync(NodeState node, string step, Func<IReadOnlyList<HistoryRow>, bool> mayWrite)
    {
        var (_, row) = await _file.AddAsync(all =>
        {
            List<HistoryRow> before = [.. all.Where(row => row.Node == node.Id && row.Step is not "refused")];
            return new HistoryRow(node.Id, node.Token, node.Conductor, mayWrite(before) ? step : "refused", node.State);
        });
        return row!.Step == step;
    }
}

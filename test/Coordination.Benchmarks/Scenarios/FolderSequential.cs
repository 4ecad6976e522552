using Coordination.Benchmarks.Contenders;

namespace Coordination.Benchmarks.Scenarios;

/// <summary>The same as <see cref="Sequential"/> on the backend in a folder, beside ours on PostgreSQL.</summary>
internal sealed class FolderSequential : IScenario
{
    private const string Server = "ours on PostgreSQL";

    private static readonly Dictionary<string, Target> Targets = new() { [Server] = Target.AtLeast(1.5) };

    /// <inheritdoc/>
    public string Name => "folder, sequential";

    /// <inheritdoc/>
    public async IAsyncEnumerable<Figure> RunAsync(Setting setting)
    {
        var folder = Directory.CreateTempSubdirectory("coordination-benchmarks-");
        try
        {
            await using var ours = await OurContender.StartAsync($"file://{folder.FullName}", "benchmarks");
            var target = LockTarget.Distinct(1);
            var standings = await Contest.RunAsync(
                setting.Pace, Callers.Entry(ours, target), Callers.Entry(setting.Ours, target) with { Name = Server });
            foreach (var figure in standings.Figures(Name, "pairs/s", targets: Targets))
            {
                yield return figure;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

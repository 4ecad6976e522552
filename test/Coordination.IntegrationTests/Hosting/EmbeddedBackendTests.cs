using Coordination.IntegrationTests.Contracts;
using Coordination.IntegrationTests.Infrastructure;
using Replica = Coordination.IntegrationTests.Infrastructure.Replica;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>Nothing is configured: in Development a folder of this user's stands in, and says so; elsewhere that is an error.</summary>
public sealed class EmbeddedBackendTests : IAsyncDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly List<Replica> _replicas = [];

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_replicas.Select(replica => replica.DisposeAsync().AsTask()));
        _temporary.Dispose();
    }

    [Fact]
    public async Task In_development_processes_of_one_application_find_each_other_with_nothing_configured()
    {
        var one = await StartAsync("Development", "one");
        var two = await StartAsync("Development", "two");
        await ReplicaScenario.ViewAsync(one, "two", shown: true);
        await ReplicaScenario.ViewAsync(two, "one", shown: true);
        Assert.Equal("acquired", (await one.AskAsync("try", "work")).Kind);
        Assert.Equal("busy", (await two.AskAsync("try", "work")).Kind);

        var folder = Path.Combine(_temporary.Path, $"coordination-{Environment.UserName}", "Coordination.IntegrationTests");
        var health = await one.AskAsync("health");
        Assert.Equal("Healthy", health.Text);
        Assert.Equal($"file://{folder} (embedded, nothing is configured)", health.Data["backend"]);
        Assert.True(File.Exists(Path.Combine(folder, "current")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(folder).UnixFileMode);

        var warning = Assert.Single(one.Log.Split('\n'), line => line.StartsWith("warn", StringComparison.Ordinal) && line.Contains("Coordination.Hosting", StringComparison.Ordinal));
        Assert.Contains(folder, warning, StringComparison.Ordinal);
        Assert.Contains("COORDINATION_URI", warning, StringComparison.Ordinal);

        using var http = new HttpClient();
        var url = (await one.ExpectAsync("started")).Text;
        Assert.Contains("embedded, nothing is configured", await http.GetStringAsync(new Uri($"{url}/coordination/api/state"), Ending), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_a_missing_backend_is_refused_with_what_to_set_and_nothing_is_made()
    {
        var replica = Keep(Replica.Start((":TMPDIR", _temporary.Path)));

        var failed = await replica.ExpectAsync("failed");

        Assert.NotEqual(0, await replica.ExitAsync());
        Assert.Contains("BackendUrl", failed.Text, StringComparison.Ordinal);
        Assert.Contains("COORDINATION_URI", failed.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(_temporary.Path, "coordination-*"));
    }

    [Fact]
    public async Task In_production_a_folder_that_is_named_is_taken()
    {
        var folder = Path.Combine(_temporary.Path, "named");
        var replica = Keep(await Replica.StartedAsync($"file://{folder}", ("Group", "named")));

        Assert.Equal($"file://{folder}", (await replica.AskAsync("health")).Data["backend"]);
    }

    private async Task<Replica> StartAsync(string environment, string member)
    {
        var replica = Keep(Replica.Start((":TMPDIR", _temporary.Path), (":DOTNET_ENVIRONMENT", environment), ("MemberId", member)));
        await replica.ExpectAsync("started");
        return replica;
    }

    private Replica Keep(Replica replica)
    {
        _replicas.Add(replica);
        return replica;
    }
}

using System.Diagnostics;
using Coordination.IntegrationTests.Packaging;

namespace Coordination.IntegrationTests.Hosting;

/// <summary>A program whose only line about us is <c>builder.AddCoordination()</c>, configured by the environment of its process alone.</summary>
public sealed class EnvironmentTests
{
    private const int Limit = 120_000; // for a hang

    private static readonly (string Name, string Value)[] Variables =
    [
        ("Coordination__BackendUrl", "memory://section"), ("ConnectionStrings__coordination", "memory://connection"), ("COORDINATION_URI", "memory://variable"),
    ];

    [Theory(Timeout = Limit)]
    [InlineData(0, "memory://section")]
    [InlineData(1, "memory://connection")]
    [InlineData(2, "memory://variable")]
    public async Task The_first_place_that_has_a_url_wins(int first, string url)
    {
        var start = Prepare();
        foreach (var (name, value) in Variables.Skip(first))
        {
            start.Environment[name] = value;
        }

        Assert.Contains($"on {url} is open as member 'me'", await OpenedAsync(start), StringComparison.Ordinal);
    }

    /// <summary>The program of the tests, with nothing configured but who it is.</summary>
    private static ProcessStartInfo Prepare()
    {
        var start = DotnetTool.Prepare(AppContext.BaseDirectory, typeof(EnvironmentTests).Assembly.Location, "--applicationName=Coordination.IntegrationTests", "--urls=http://127.0.0.1:0");
        Array.ForEach(Variables, variable => start.Environment.Remove(variable.Name));
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Coordination__MemberId"] = "me";
        return start;
    }

    /// <summary>The line that says where the session is open; everything that was said when there is none.</summary>
    private static async Task<string> OpenedAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The program did not start.");
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            List<string> said = [];
            while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                said.Add(line);
                if (line.Contains("is open as member", StringComparison.Ordinal))
                {
                    return line;
                }
            }

            return string.Join('\n', said) + await errors;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Cli;

/// <summary>Every command with a password that is nowhere else in the world, in urls right and wrong: none of them says it.</summary>
public sealed class MarkedPasswordTests(FreshDatabase database) : IClassFixture<FreshDatabase>
{
    private const int Lanes = 4;

    private static readonly string[][] Commands =
    [
        ["schema", "apply"], ["schema", "show"], ["schema", "show", "--sql", "--schema", "elsewhere"], ["check"], ["members"], ["members", "-o", "json"], ["locks", "-o", "wide"], ["waiters"], ["leaders"], ["lost"],
        ["history", "-o", "name"], ["evict", "nobody", "--yes"], ["evict", "nobody"], ["release", "nothing", "--force", "--yes"], ["run", "marked", "--no-wait", "--settle", "0", "--", "true"],
        ["elect", "marked", "--settle", "0", "--", "true"], ["--help"], ["run", "--help"], ["members", "--colour"],
    ];

    [Fact]
    public async Task A_password_is_in_nothing_that_a_command_writes()
    {
        await using var role = await TestRole.CreateAsync(database.Database);
        await database.Database.ExecuteAsync($"grant create on database {database.Database.Name} to {role.Name}");
        List<CliResult> right = [];
        foreach (var command in Commands)
        {
            right.Add(await CliProcess.RunAsync(role.Address.Url, command));
        }

        right.Add(await CliProcess.RunAsync(url: null, "members", "--url", role.Address.Url));
        right.Add(await CliProcess.RunAsync(url: null, [role.Address.Url])); // in the place of a command
        right.Add(await CliProcess.RunAsync(url: null, "members", role.Address.Url));
        right.Add(await RunWithAsync("COORDINATION_URI", role.Address.Url, "check"));

        // Several urls at a time, after those that are to succeed: most wait until the time to connect is over, and so would the test, once for each command.
        ConcurrentQueue<CliResult> wrong = [];
        await Parallel.ForEachAsync(WrongUrls(role.Address), new ParallelOptions { MaxDegreeOfParallelism = Lanes }, async (url, _) => (await RunAllAsync(url)).ForEach(wrong.Enqueue));

        Assert.All(Commands.Zip(right).Where(static one => one.First[0] is "check" or "run" or "elect" or "--help"), static one => Assert.Equal(0, one.Second.Code)); // the password is the right one
        Assert.All(wrong, static result => Assert.True(result.Code is 69 or 78 or 1, $"{result.Code}: {result.Errors}"));
        Assert.All(wrong, static result => Assert.NotEqual(string.Empty, result.Errors + result.Output));
        Assert.All([.. right, .. wrong], result => Assert.DoesNotContain(role.Address.Password!, result.Output + result.Errors, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_environment_is_passed_on_as_it_is_and_the_option_to_nobody()
    {
        const string Look = "tr '\\0' '\\n' </proc/$PPID/cmdline; echo; tr '\\0' '\\n' </proc/$PPID/environ; env; echo \"seen by $PPID\"";
        await using var role = await TestRole.CreateAsync(database.Database);
        await database.Database.ExecuteAsync($"grant create on database {database.Database.Name} to {role.Name}");

        var option = await CliProcess.RunAsync(url: null, "run", "marked", "--group", "option", "--schema", "marked", "--url", role.Address.Url, "--settle", "0", "--", "sh", "-c", Look);
        var variable = await CliProcess.RunAsync(role.Address.Url, "run", "marked", "--group", "option", "--schema", "marked", "--settle", "0", "--", "sh", "-c", Look);

        Assert.Equal((0, 0), (option.Code, variable.Code));
        Assert.All([option, variable], static result => Assert.Contains("COORDINATION_LOCK=marked", result.Output, StringComparison.Ordinal)); // it looked at the right things
        Assert.DoesNotContain(role.Address.Password!, option.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"COORDINATION_URL={role.Address.Url}"), variable.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(role.Address.Password!, variable.Output[..variable.Output.IndexOf("COORDINATION_", StringComparison.Ordinal)], StringComparison.OrdinalIgnoreCase); // arguments are everybody's to read
    }

    /// <summary>One command after another with a url that is wrong, in each of the places where a url may stand.</summary>
    private static async Task<List<CliResult>> RunAllAsync(string url)
    {
        List<CliResult> results = [];
        foreach (string[] command in (string[][])[["check"], ["members", "-o", "json"], ["schema", "show"], ["evict", "x", "--yes"], ["release", "x", "--force", "--yes"], ["run", "x", "--no-wait", "--", "true"]])
        {
            results.Add(await CliProcess.RunAsync(url, [command[0], "--connect-timeout", "3s", .. command[1..]]));
        }

        results.Add(await CliProcess.RunAsync(url: null, "members", "--connect-timeout", "3s", "--url", url));
        results.Add(await RunWithAsync("COORDINATION_URI", url, "members", "--connect-timeout", "3s"));
        return results;
    }

    private static Task<CliResult> RunWithAsync(string variable, string url, params string[] arguments) =>
        RunToEndAsync(CliProcess.StartProgram("env", url: null, ["-u", "COORDINATION_URL", $"{variable}={url}", CliProcess.Executable, .. arguments]));

    private static async Task<CliResult> RunToEndAsync(CliProcess process)
    {
        await using (process)
        {
            return await process.EndAsync();
        }
    }

    private static IEnumerable<string> WrongUrls(ServerAddress address)
    {
        var password = address.Password!;
        return
        [
            (address with { User = "nobody_of_that_name" }).Url, (address with { Database = "nowhere" }).Url, address.Url + (address.Url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "colour=blue",
            $"postgresql://app:{password}@127.0.0.1:1/orders", $"postgresql://app:{password}@no-such-host.invalid/orders", $"redis://app:{password}@db/0", $"postgresql://app:{password}@db:x/orders",
            $"Host=127.0.0.1;Username=app;Password={password};Colour=blue", $"postgresql://app:{password}%ZZ@db/orders", $"postgresql://db/orders?password={password}&sslmode=maybe",
        ];
    }
}

using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Packaging;

/// <summary>What a newcomer does: a new web project, the package, the README's own lines.</summary>
[Collection(nameof(Alone))]
public sealed class PackageTests(FreshDatabase database) : IClassFixture<FreshDatabase>, IDisposable
{
    private const string Tool = "Coordination.Cli";

    // A version that nobody has in a cache.
    private readonly string _version = $"0.0.0-test.{Guid.NewGuid():N}";
    private readonly string _folder = Directory.CreateTempSubdirectory("coordination-package-").FullName;

    private static CancellationToken Ending => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_packages_carry_what_a_company_asks_for_and_the_readme_works_with_them_as_it_stands()
    {
        var sources = new SourceCopy(Root(), Path.Combine(_folder, "sources"));
        var elsewhere = new SourceCopy(Root(), Path.Combine(_folder, "somewhere", "else", "altogether"));
        var feeds = await Task.WhenAll(PackAsync(sources, "feed"), PackAsync(elsewhere, "again"));
        var packed = feeds[0];
        Assert.All(packed, AssertComplete);
        Assert.All(packed, package => PackedSymbols.AssertTheyNameTheirSources(Path.ChangeExtension(package, ".snupkg"), sources));
        await AssertTheSameAsync(packed, feeds[1]);

        // A tool is installed and not referred to.
        await Task.WhenAll(UseToolAsync(), UseReadmeAsync([.. packed.Where(package => IdOf(package) != Tool)]));
    }

    private async Task UseReadmeAsync(IReadOnlyList<string> packages)
    {
        var readme = new ReadmeSnippets(await File.ReadAllTextAsync(Path.Combine(Root(), "README.md"), Ending));
        Assert.True(readme is { Count: > 3 } && readme.Types.Any() && readme.Configuring.Any() && readme.Building.Any() && readme.Mapping.Any(), "The README has lost its examples.");
        var project = await WriteProjectAsync(packages, readme);
        await DotnetTool.RunAsync(project, "build", "-warnaserror", "--artifacts-path", Path.Combine(_folder, "built"));

        await UseAsync(Directory.EnumerateFiles(Path.Combine(_folder, "built", "bin"), "newcomer.dll", SearchOption.AllDirectories).First());
    }

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../.."));

    private static void AssertComplete(string package)
    {
        using var archive = ZipFile.OpenRead(package);
        using var reader = new StreamReader(archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        var metadata = XDocument.Load(reader).Root!.Elements().First();
        string? Value(string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;

        Assert.Equal("MIT", Value("license"));
        Assert.Equal("README.md", Value("readme"));
        Assert.Equal("icon.png", Value("icon"));
        Assert.False(string.IsNullOrWhiteSpace(Value("description")) || string.IsNullOrWhiteSpace(Value("tags")), $"{package} has no description or tags.");
        Assert.All(["README.md", "icon.png"], file => Assert.NotNull(archive.GetEntry(file)));
        var (home, kind) = Value("packageTypes") is null ? ("lib/net10.0/", ".xml") : ("tools/net10.0/any/", ".dll");
        Assert.Contains(archive.Entries, entry => entry.FullName.StartsWith(home, StringComparison.Ordinal) && entry.Name.EndsWith(kind, StringComparison.Ordinal));
        if (Path.GetFileName(package).StartsWith("Coordination.Hosting.", StringComparison.Ordinal))
        {
            Assert.All(["ConfigurationSchema.json", "buildTransitive/Coordination.Hosting.targets"], file => Assert.NotNull(archive.GetEntry(file)));
        }

        Assert.True(File.Exists(Path.ChangeExtension(package, ".snupkg")), $"{package} has no symbols beside it.");
    }

    private string IdOf(string package) => Path.GetFileName(package).Replace($".{_version}.nupkg", string.Empty, StringComparison.Ordinal);

    /// <summary>Installs the command from the feed, and guards another one with it.</summary>
    private async Task UseToolAsync()
    {
        var tools = Path.Combine(_folder, "tools");
        await DotnetTool.RunAsync(_folder, "tool", "install", Tool, "--version", _version, "--tool-path", tools, "--source", Path.Combine(_folder, "feed"));
        var start = new ProcessStartInfo(Path.Combine(tools, "coordination"), ["run", "packed", "--settle", "0", "--", "sh", "-c", "echo $COORDINATION_LOCK $COORDINATION_TOKEN; exit 9"]) { RedirectStandardOutput = true };
        start.Environment["COORDINATION_URL"] = database.Url;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The tool did not start.");
        var output = await process.StandardOutput.ReadToEndAsync(Ending);
        await process.WaitForExitAsync(Ending);
        Assert.Equal(9, process.ExitCode);
        Assert.Matches(@"^packed \d+\n$", output);
    }

    /// <summary>Packs every project under src into a feed of this test's own.</summary>
    /// <remarks>On one node, because two of these are made at once; without the analyzers, which say nothing new of sources that are built already.</remarks>
    private async Task<IReadOnlyList<string>> PackAsync(SourceCopy sources, string feed)
    {
        // What SOURCE_DATE_EPOCH says otherwise: the files in a package bear that time, and not that of the packing.
        await DotnetTool.RunAsync(
            _folder, "pack", sources.Solution, "-maxcpucount:1", "-c", "Release", "-o", Path.Combine(_folder, feed), $"-p:Version={_version}", "-p:DeterministicTimestamp=1767225600", "-p:RunAnalyzers=false");
        return [.. Directory.EnumerateFiles(Path.Combine(_folder, feed), "*.nupkg")];
    }

    /// <summary>The same sources in a folder of another name and depth make the same packages, byte by byte: programs, symbols, and what they are packed in.</summary>
    private static async Task AssertTheSameAsync(IReadOnlyList<string> packed, IReadOnlyList<string> again)
    {
        Assert.Equal(packed.Select(Path.GetFileName).Order(), again.Select(Path.GetFileName).Order());
        var folder = Path.GetDirectoryName(again[0])!;
        foreach (var file in packed.Concat(packed.Select(static package => Path.ChangeExtension(package, ".snupkg"))))
        {
            var other = Path.Combine(folder, Path.GetFileName(file));
            Assert.Empty(PackedFiles.Differing(file, other)); // says which file it is, where the whole says only that something is
            var (one, two) = (await File.ReadAllBytesAsync(file, Ending), await File.ReadAllBytesAsync(other, Ending));
            Assert.True(one.AsSpan().SequenceEqual(two), $"{file} is not what {other} is.");
        }
    }

    private async Task<string> WriteProjectAsync(IReadOnlyList<string> packages, ReadmeSnippets readme)
    {
        var project = Path.Combine(_folder, "newcomer");
        await DotnetTool.RunAsync(_folder, "new", "web", "-n", "newcomer", "-o", project, "--no-restore");
        await File.WriteAllTextAsync(Path.Combine(project, "nuget.config"), $"""<configuration><packageSources><add key="feed" value="{Path.Combine(_folder, "feed")}" /></packageSources></configuration>""", Ending);
        var file = Path.Combine(project, "newcomer.csproj");
        var xml = XDocument.Load(file);
        xml.Root!.Add(new XElement("ItemGroup", packages.Select(package => new XElement(
            "PackageReference", new XAttribute("Include", IdOf(package)), new XAttribute("Version", _version)))));
        xml.Save(file);

        await File.WriteAllTextAsync(Path.Combine(project, "Usings.cs"), "global using Coordination;\nglobal using Microsoft.AspNetCore.Mvc;\n", Ending);
        await File.WriteAllTextAsync(Path.Combine(project, "Services.cs"), Services, Ending);
        foreach (var (text, number) in readme.Types.Select(static (text, number) => (text, number)))
        {
            await File.WriteAllTextAsync(Path.Combine(project, string.Create(CultureInfo.InvariantCulture, $"Snippet{number}.cs")), text, Ending);
        }

        await WritePagesAsync(project);
        await File.WriteAllTextAsync(Path.Combine(project, "Program.cs"), $$"""
            var builder = WebApplication.CreateBuilder(args);
            builder.AddCoordination();
            builder.Services.AddControllers();
            builder.Services.AddSingleton<IPayments, Payments>().AddSingleton<IInvoices, Invoices>().AddHostedService<Biller>();
            {{string.Join('\n', readme.Building)}}
            var app = builder.Build();
            app.MapControllers();
            {{string.Join('\n', readme.Mapping)}}
            app.Run();

            static class Elsewhere
            {
                static void Configured(WebApplicationBuilder builder)
                {
                    {{string.Join('\n', readme.Configuring)}}
                }
            }
            """, Ending);
        return project;
    }

    /// <summary>The examples of the pages that stand alone; those of the other pages are compiled and run where they are tested.</summary>
    private static async Task WritePagesAsync(string project)
    {
        await File.WriteAllTextAsync(Path.Combine(project, "Given.cs"), PageSnippets.Given, Ending);
        foreach (var (page, name, least) in new[] { ("getting-started", "GettingStarted", 13), ("guarantees", "Guarantees", 1), ("dashboard", "Dashboard", 2) })
        {
            var text = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", page + ".md"), Ending);
            await File.WriteAllTextAsync(Path.Combine(project, name + ".cs"), PageSnippets.ToFile(text, name, out var count), Ending);
            Assert.True(count >= least, $"{page}.md has lost its examples.");
        }
    }

    private const string Services = """
        public interface IPayments { Task PayAsync(long order, FencingToken token, CancellationToken cancellationToken); }
        public interface IInvoices { Task SendAsync(FencingToken token, CancellationToken cancellationToken); }
        sealed class Payments : IPayments { public Task PayAsync(long order, FencingToken token, CancellationToken cancellationToken) => Task.CompletedTask; }
        sealed class Invoices : IInvoices { public Task SendAsync(FencingToken token, CancellationToken cancellationToken) => Task.CompletedTask; }
        """;

    private async Task UseAsync(string program)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");
        var start = DotnetTool.Prepare(Path.GetDirectoryName(program)!, program);
        start.Environment["COORDINATION_URI"] = database.Url;
        start.Environment["ASPNETCORE_URLS"] = address;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The program did not start.");
        var output = process.StandardOutput.ReadToEndAsync(Ending);
        var errors = process.StandardError.ReadToEndAsync(Ending);
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(address) };
            await Eventually.BecomesTrueAsync(async () => process.HasExited || await IsHealthyAsync(client), "the program says that it is healthy");
            Assert.False(process.HasExited, "The program ended.");
            using var paid = await client.PostAsync(new Uri("/orders/7/pay", UriKind.Relative), content: null, Ending);
            Assert.Equal(HttpStatusCode.NoContent, paid.StatusCode);
            await Eventually.BecomesTrueAsync(
                async () => (await client.GetStringAsync(new Uri("/members", UriKind.Relative), Ending)).Contains(address, StringComparison.Ordinal),
                "the member shows the address that it listens on");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            TestContext.Current.TestOutputHelper?.WriteLine(await output + await errors);
        }
    }

    private static async Task<bool> IsHealthyAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/health", UriKind.Relative), Ending);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }
}

using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Coordination.UnitTests;

/// <summary>The tables of docs/CONTRIBUTING.md: which folder of a project may use which.</summary>
public sealed partial class LayerTests
{
    private const int LongestFile = 300;
    private const string Main = "Coordination.Hosting";

    /// <summary>For each project: folder, and the folders of ours that it may name. The root and every folder's own subject need no leave.</summary>
    private static readonly Dictionary<string, Dictionary<string, string[]>> MayUse = new(StringComparer.Ordinal)
    {
        [Main] = new(StringComparer.Ordinal)
        {
            [""] = [],
            ["Diagnostics"] = [],
            ["Backends"] = [],
            ["Backends/Postgres"] = ["Backends", "Diagnostics"],
            ["Backends/Files"] = ["Backends", "Diagnostics"],
            ["Backends/Memory"] = ["Backends", "Diagnostics"],
            ["Sessions"] = ["Backends", "Diagnostics"],
            ["Locks"] = ["Sessions", "Backends", "Diagnostics"],
            ["Membership"] = ["Sessions", "Backends", "Diagnostics"],
            ["Partitioning"] = ["Diagnostics"],
            ["Leadership"] = ["Diagnostics"],
            ["Inspection"] = ["Backends", "Sessions", "Locks", "Leadership", "Partitioning"],
            ["Hosting"] = ["Backends", "Backends/Postgres", "Backends/Files", "Backends/Memory", "Sessions", "Locks", "Membership", "Leadership", "Partitioning", "Inspection", "Diagnostics"],
        },
        ["Coordination.AspNetCore"] = new(StringComparer.Ordinal)
        {
            [""] = ["Endpoints", "Proxies", "Routing", "Templates", "Dashboard"],
            ["Dashboard"] = [],
            ["Diagnostics"] = [],
            ["Templates"] = [],
            ["Problems"] = ["Diagnostics"],
            ["Endpoints"] = ["Templates", "Problems", "Diagnostics"],
            ["Proxies"] = ["Templates", "Diagnostics"],
            ["Routing"] = ["Diagnostics"],
            ["Hosting"] = ["Templates", "Problems", "Endpoints", "Proxies", "Routing", "Diagnostics"],
        },
        ["Coordination.Cli"] = new(StringComparer.Ordinal)
        {
            [""] = ["Commands", "Running", "Shell"],
            ["Shell"] = [],
            ["Connecting"] = ["Shell"],
            ["Running"] = ["Connecting", "Shell"],
            ["Reading"] = ["Connecting", "Shell"],
            ["Operating"] = ["Connecting", "Shell"],
            ["Commands"] = ["Connecting", "Running", "Reading", "Operating", "Shell"],
        },
    };

    private static readonly string[] DatabaseLibraries = ["Npgsql", "Dapper"];

    // They hang our methods on the framework's types, and stand in its namespaces for that: the doors to Hosting.
    private static readonly string[] Doors =
    [
        "CoordinationServiceCollectionExtensions.cs", "CoordinationHostApplicationBuilderExtensions.cs", "CoordinationHealthChecksBuilderExtensions.cs",
        "CoordinationEndpointConventionExtensions.cs", "CoordinationEndpointRouteBuilderExtensions.cs", "SynchronizedServiceCollectionExtensions.cs",
        "GroupRoutingHttpClientBuilderExtensions.cs",
        "CoordinationBuilderExtensions.cs",
    ];

    // Its signature has a transaction of the driver's in it; what it does is done behind the seam.
    private const string DoorOfTheDriver = "LockProviderTransactionExtensions.cs";

    // For users' tests: the public face of the memory server.
    private const string DoorOfTests = "CoordinationTestServer.cs";

    public static TheoryData<string> Files()
    {
        var root = SourceRoot();
        return
        [
            .. MayUse.Keys
                .SelectMany(project => Directory.EnumerateFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories))
                .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_folder_uses_only_the_folders_in_its_row(string file)
    {
        var (project, folder, text) = Read(file);
        Assert.True(MayUse[project].TryGetValue(folder, out var allowed), $"Folder '{folder}' of {project} has no row in the table of LayerTests and docs/CONTRIBUTING.md. Give it one.");

        var used = NamesOfOurs(MayUse[project].Keys).Matches(text).Select(match => match.Groups[1].Value.Replace('.', '/')).Distinct().ToList();
        var forbidden = used.Where(other => other != folder && !allowed.Contains(other) && !(Doors.Contains(Path.GetFileName(file)) && other == "Hosting")
            && !(Path.GetFileName(file) == DoorOfTests && other == "Backends/Memory"));

        Assert.True(!forbidden.Any(), $"{file} uses {string.Join(", ", forbidden)}; folder '{folder}' may use {(allowed.Length == 0 ? "nothing of ours" : string.Join(", ", allowed))}.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_database_library_is_named_in_its_folder_only(string file)
    {
        var (_, folder, text) = Read(file);
        var named = DatabaseLibraries.Where(library => Regex.IsMatch(text, $@"\b{library}\.[A-Z]|using {library};"));

        Assert.True(folder == "Backends/Postgres" || Path.GetFileName(file) == DoorOfTheDriver || !named.Any(), $"{file} names {string.Join(" and ", named)}; that belongs to Backends/Postgres.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_namespace_is_the_folder(string file)
    {
        var (_, folder, text) = Read(file);
        var expected = folder.Length == 0 ? "Coordination" : $"Coordination.{folder.Replace('/', '.')}";

        Assert.Equal(Doors.Contains(Path.GetFileName(file)) ? "Microsoft" : expected, Doors.Contains(Path.GetFileName(file)) ? Declared(text).Split('.')[0] : Declared(text));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_holds_one_type_and_bears_its_name(string file)
    {
        var (_, _, text) = Read(file);
        var type = Assert.Single(TopLevelTypes().Matches(text)).Groups[1].Value;

        // LockTable.Waiting.cs is a part of LockTable.
        Assert.Equal(Path.GetFileName(file).Split('.')[0], type);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_stays_readable(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(SourceRoot(), file)).Length;

        Assert.True(lines <= LongestFile, $"{file} has {lines} lines; at most {LongestFile}. Split it.");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_stands_in_a_folder_is_internal(string file)
    {
        var (_, folder, text) = Read(file);

        Assert.True(folder.Length == 0 || !Regex.IsMatch(text, "^public ", RegexOptions.Multiline), $"{file} has a public type; public types stand in the root of the project.");
    }

    /// <summary>The generator of such lines puts several parts together in an order that changes from build to build, and the same sources would make other bytes.</summary>
    [Fact]
    public void The_lines_that_a_project_logs_stand_in_one_file()
    {
        var files = MayUse.Keys.ToDictionary(static project => project, static project => Directory
            .EnumerateFiles(Path.Combine(SourceRoot(), project), "*.cs", SearchOption.AllDirectories)
            .Count(static file => File.ReadAllText(file).Contains("[LoggerMessage(", StringComparison.Ordinal)));

        Assert.Equal(1, files[Main]);
        Assert.All(files, static project => Assert.InRange(project.Value, 0, 1));
    }

    private static (string Project, string Folder, string Text) Read(string file)
    {
        var project = file.Split('/')[0];
        var folder = Path.GetDirectoryName(file[(project.Length + 1)..])!.Replace('\\', '/');
        return (project, folder, WithoutComments(File.ReadAllText(Path.Combine(SourceRoot(), file))));
    }

    // A comment may speak of what the code may not use.
    private static string WithoutComments(string text) => Regex.Replace(text, @"^\s*//.*$", string.Empty, RegexOptions.Multiline);

    private static string Declared(string text) => Regex.Match(text, @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value;

    private static string SourceRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src"));

    // A using line, or a name in the code that begins with a folder.
    private static Regex NamesOfOurs(IEnumerable<string> folders) => new(
        $@"(?<![\w.])(?:global::)?(?:Coordination\.(?=[\w.]+;)|Coordination\.(?=[\w.]+\.[A-Z])|(?=[A-Z][\w.]*\.[A-Z]))({Alternatives(folders)})\b(?=[.;])");

    private static string Alternatives(IEnumerable<string> folders) => string.Join('|', folders
        .Where(folder => folder.Length > 0)
        .OrderByDescending(folder => folder.Length)
        .Select(folder => Regex.Escape(folder.Replace('/', '.'))));

    [GeneratedRegex(@"^(?:public |internal |file |sealed |static |abstract |partial |readonly |ref )*(?:record struct|record class|record|class|struct|interface|enum|delegate [\w<>?\[\]]+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TopLevelTypes();
}

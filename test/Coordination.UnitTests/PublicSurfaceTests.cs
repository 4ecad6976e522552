using System.Reflection;
using System.Runtime.CompilerServices;

namespace Coordination.UnitTests;

public sealed class PublicSurfaceTests
{
    private const string Approve = "COORDINATION_APPROVE";

    public static TheoryData<string> Projects() => ["Coordination.Hosting", "Coordination.AspNetCore"];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_public_surface_is_the_approved_one(string project)
    {
        var file = ApprovedFile(project);
        var actual = PublicSurface.Of(Assembly.Load(project));
        if (Environment.GetEnvironmentVariable(Approve) == "1")
        {
            File.WriteAllText(file, actual);
        }

        var approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : string.Empty;

        Assert.True(actual == approved, $"The public surface differs from {Path.GetFileName(file)}:\n{Difference(approved, actual)}\nIf that is meant, run the test once with {Approve}=1 and commit the file.");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Every_public_type_stands_in_the_namespace_that_users_import(string project)
    {
        string[] allowed = ["Coordination", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.AspNetCore.Builder"];

        Assert.All(Assembly.Load(project).GetExportedTypes(), type => Assert.Contains(type.Namespace, allowed));
    }

    private static string Difference(string approved, string actual)
    {
        var (before, after) = (approved.Split('\n'), actual.Split('\n'));
        return string.Join('\n', before.Except(after).Select(line => $"- {line}").Concat(after.Except(before).Select(line => $"+ {line}")));
    }

    private static string ApprovedFile(string project, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, $"{project}.approved.txt");
}

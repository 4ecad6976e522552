using System.Runtime.CompilerServices;

namespace Coordination.UnitTests;

public sealed class PublicSurfaceTests
{
    private const string Approve = "COORDINATION_APPROVE";

    [Fact]
    public void The_public_surface_is_the_approved_one()
    {
        var file = ApprovedFile();
        var actual = PublicSurface.Of(typeof(ILockProvider).Assembly);
        if (Environment.GetEnvironmentVariable(Approve) == "1")
        {
            File.WriteAllText(file, actual);
        }

        var approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : string.Empty;

        Assert.True(actual == approved, $"The public surface differs from {Path.GetFileName(file)}:\n{Difference(approved, actual)}\nIf that is meant, run the test once with {Approve}=1 and commit the file.");
    }

    [Fact]
    public void Every_public_type_stands_in_the_namespace_that_users_import()
    {
        string[] allowed = ["Coordination", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting"];

        Assert.All(typeof(ILockProvider).Assembly.GetExportedTypes(), type => Assert.Contains(type.Namespace, allowed));
    }

    private static string Difference(string approved, string actual)
    {
        var (before, after) = (approved.Split('\n'), actual.Split('\n'));
        return string.Join('\n', before.Except(after).Select(line => $"- {line}").Concat(after.Except(before).Select(line => $"+ {line}")));
    }

    private static string ApprovedFile([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Coordination.Hosting.approved.txt");
}

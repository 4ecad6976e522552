namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>
/// Shell scripts in the name of a user who is not root: PostgreSQL and PgBouncer refuse to run as root, and tests often run as root in a container.
/// </summary>
internal static class Unprivileged
{
    private static readonly string? User = Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows() ? FindUser() : null;

    /// <summary>The program and arguments that run <paramref name="script"/> with <c>$1…</c> = <paramref name="arguments"/>.</summary>
    public static (string Program, string[] Arguments) Shell(string script, IReadOnlyList<string> arguments)
    {
        string[] shell = ["-c", script, "sh", .. arguments];
        return User switch
        {
            null => ("/bin/sh", shell),
            _ when File.Exists("/usr/sbin/runuser") || File.Exists("/sbin/runuser") => ("runuser", ["-u", User, "--", "/bin/sh", .. shell]),
            _ => ("su", [User, "-s", "/bin/sh", .. shell]),
        };
    }

    private static string FindUser()
    {
        var users = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        return users.Contains("postgres") ? "postgres"
            : users.Contains("nobody") ? "nobody"
            : throw new InvalidOperationException("The tests run as root, PostgreSQL refuses root, and there is no user 'postgres' or 'nobody' to run it as. Add one: useradd --system postgres.");
    }
}

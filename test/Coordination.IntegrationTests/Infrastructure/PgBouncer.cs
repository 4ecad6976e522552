using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A real PgBouncer in front of a server.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly GuardedProcess _process;

    private PgBouncer(string folder, GuardedProcess process, ServerAddress address)
    {
        _folder = folder;
        _process = process;
        Address = address;
    }

    /// <summary>The server as seen through the pooler.</summary>
    public ServerAddress Address { get; }

    /// <param name="server">What to pool.</param>
    /// <param name="mode"><c>session</c>, <c>transaction</c> or <c>statement</c>.</param>
    public static async Task<PgBouncer> StartAsync(ServerAddress server, string mode)
    {
        var program = Array.Find(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"], File.Exists)
            ?? throw new InvalidOperationException("This test runs a real PgBouncer and found none. Install it: apt-get install pgbouncer, dnf install pgbouncer, brew install pgbouncer.");
        var folder = Path.Combine(Path.GetTempPath(), $"coordination-pooler-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        var address = server with { Host = "127.0.0.1", Port = FreePort.Find() };
        var (shell, arguments) = Unprivileged.Shell("umask 077 && mkdir \"$1\" && cat >\"$1/pgbouncer.ini\"", [folder]);
        await Command.RunAsync(shell, arguments, Settings(server, address.Port, mode));
        var log = Path.Combine(folder, "pgbouncer.log");
        var pooler = new PgBouncer(folder, GuardedProcess.Start(folder, log, [program, Path.Combine(folder, "pgbouncer.ini")]), address);
        await Eventually.BecomesTrueAsync(pooler.AnswersAsync, $"PgBouncer answers; its log is {log}");
        return pooler;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.EndAsync("TERM");
        await _process.DisposeAsync();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"PgBouncer did not start: {await File.ReadAllTextAsync(Path.Combine(_folder, "pgbouncer.log"))}");
        }

        try
        {
            await using var connection = await Address.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static string Settings(ServerAddress server, int port, string mode) => string.Create(CultureInfo.InvariantCulture, $"""
        [databases]
        * = host={server.Host} port={server.Port} user={server.User} password={server.Password}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {port}
        unix_socket_dir =
        auth_type = any
        pool_mode = {mode}
        ignore_startup_parameters = extra_float_digits
        max_client_conn = 200

        """);
}

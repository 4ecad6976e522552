using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A real PgBouncer in front of a server.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const int MostPorts = 5;

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
    public static Task<PgBouncer> StartAsync(ServerAddress server, string mode) => StartAsync(server, mode, FreePort.Find());

    /// <inheritdoc cref="StartAsync(ServerAddress, string)"/>
    /// <param name="port">Where to begin. Whoever else looks for a free port may have found the same one, and be there first: then on another.</param>
    public static async Task<PgBouncer> StartAsync(ServerAddress server, string mode, int port)
    {
        var program = Array.Find(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"], File.Exists)
            ?? throw new InvalidOperationException("This test runs a real PgBouncer and found none. Install it: apt-get install pgbouncer, dnf install pgbouncer, brew install pgbouncer.");
        var folder = Path.Combine(Path.GetTempPath(), $"coordination-pooler-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        for (var attempt = 1; ; attempt++, port = FreePort.Find())
        {
            var (shell, arguments) = Unprivileged.Shell("umask 077 && mkdir -p \"$1\" && cat >\"$1/pgbouncer.ini\"", [folder]);
            await Command.RunAsync(shell, arguments, Settings(server, port, mode));
            var pooler = new PgBouncer(
                folder, GuardedProcess.Start(folder, LogIn(folder), [program, Path.Combine(folder, "pgbouncer.ini")]), server with { Host = "127.0.0.1", Port = port });
            try
            {
                await Eventually.BecomesTrueAsync(pooler.AnswersAsync, $"PgBouncer answers; its log is {LogIn(folder)}");
                return pooler;
            }
            catch (InvalidOperationException e) when (attempt < MostPorts && e.Message.Contains("nowhere to listen on", StringComparison.Ordinal))
            {
                await pooler.DisposeAsync();
            }
            catch
            {
                await pooler.DisposeAsync();
                throw;
            }
        }
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
            throw new InvalidOperationException($"PgBouncer did not start: {await File.ReadAllTextAsync(LogIn(_folder))}");
        }

        // Who answers on a port that it did not get is somebody else.
        if (!File.Exists(LogIn(_folder)) || !(await File.ReadAllTextAsync(LogIn(_folder))).Contains("process up", StringComparison.Ordinal))
        {
            return false;
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

    private static string LogIn(string folder) => Path.Combine(folder, "pgbouncer.log");

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

using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A throw-away cluster from local binaries, on 127.0.0.1 and a random port, with fsync on and its log in a file.</summary>
internal sealed class PrivateCluster : IPostgresSource
{
    /// <summary>The folder is made by the user who runs the server: the server wants to own it. $1 folder, $2 initdb; the password is the input.</summary>
    private const string Create = """
        umask 077 && mkdir "$1" && cat >"$1/password" &&
        "$2" --pgdata="$1/data" --username=postgres --pwfile="$1/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync
        """;

    /// <summary>A copy of a server's files while it runs, by the user who will run the copy. $1 new folder, $2 the files.</summary>
    private const string Copy = """
        umask 077 && mkdir -p "$1/data" &&
        tar -C "$2" --exclude=./postmaster.pid --exclude=./postmaster.opts --exclude='./pg_stat_tmp/*' --exclude='./pg_replslot/*' -cf - . | tar -C "$1/data" -xf -
        """;

    /// <summary>What makes the copy a standby. $1 its folder, $2 its primary_conninfo; the input is what the end of the backup gave.</summary>
    private const string Follow = """
        umask 077 && cat >"$1/data/backup_label" && : >"$1/data/standby.signal" && echo "primary_conninfo = '$2'" >>"$1/data/postgresql.auto.conf"
        """;

    private const int MostPorts = 5;

    private readonly LocalBinaries _binaries;
    private readonly string _folder;
    private GuardedProcess? _server;

    private PrivateCluster(LocalBinaries binaries, string folder, ServerAddress address)
    {
        _binaries = binaries;
        _folder = folder;
        Address = address;
        Log = new ServerLog(Path.Combine(folder, "server.log"));
    }

    public string Description => $"a throw-away cluster of PostgreSQL {_binaries.Version} ({_binaries.Folder}) on 127.0.0.1:{Address.Port}";

    public ServerAddress Address { get; private set; }

    public ServerLog Log { get; }

    /// <summary>The folder of the server's files; its configuration may be changed between stop and start.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <param name="binaries">What to run.</param>
    /// <param name="settings">Lines of postgresql.conf, such as <c>max_connections=20</c>.</param>
    public static async Task<PrivateCluster> StartNewAsync(LocalBinaries binaries, params string[] settings)
    {
        var folder = NewFolder();
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
        var cluster = new PrivateCluster(binaries, folder, new ServerAddress("127.0.0.1", FreePort.Find(), "postgres", password));
        await cluster.BuildAsync(cluster.InitializeAsync, [
            "listen_addresses='127.0.0.1'", $"port={cluster.Address.Port}", "unix_socket_directories=''",
            "max_connections=300", "shared_buffers=64MB", "fsync=on", "logging_collector=off", "log_line_prefix='%m [%p] %a %e '", .. settings]);
        return cluster;
    }

    /// <summary>A standby of this cluster, which follows it. The primary's files are copied as they are, with the server's own functions around it: that needs no further program.</summary>
    /// <param name="name">Its application_name, for synchronous_standby_names.</param>
    public async Task<PrivateCluster> StartStandbyAsync(string name = "standby")
    {
        var folder = NewFolder();
        var standby = new PrivateCluster(_binaries, folder, Address with { Port = FreePort.Find() });
        await standby.BuildAsync(() => CopyAsync(folder, name), [$"port={standby.Address.Port}"]);
        return standby;
    }

    /// <summary>Adds lines to postgresql.conf; the last one of a name wins. For the next start.</summary>
    public Task ConfigureAsync(params string[] settings) =>
        File.AppendAllLinesAsync(Path.Combine(DataFolder, "postgresql.conf"), settings);

    /// <summary>Environment variables of the server, such as <c>NAME=value</c>. For the next start.</summary>
    public IReadOnlyList<string> Environment { get; set; } = [];

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync()
    {
        string[] command = [_binaries.Program("postgres"), "-D", DataFolder];
        _server = GuardedProcess.Start(_folder, Log.Path, Environment.Count == 0 ? command : ["/usr/bin/env", .. Environment, .. command]);
        await Eventually.BecomesTrueAsync(AnswersAsync, $"the server on port {Address.Port} answers; its log is {Log.Path}");
    }

    /// <summary>Sessions are ended, everything is written: what an operator's restart does.</summary>
    public Task StopFastAsync() => EndAsync("INT");

    /// <summary>As a crash: nothing is written, recovery at the next start.</summary>
    public Task StopImmediatelyAsync() => EndAsync("QUIT");

    /// <summary>A signal for the process that lets sessions in and ends them, and for none of the sessions.</summary>
    public async Task SignalServerAsync(string name) =>
        await Command.RunAsync("kill", ["-" + name, (await File.ReadAllLinesAsync(Path.Combine(DataFolder, "postmaster.pid")))[0]]);

    public async ValueTask DisposeAsync()
    {
        await StopImmediatelyAsync();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task BuildAsync(Func<Task> create, string[] settings)
    {
        try
        {
            await create();
            await ConfigureAsync(settings);
            await StartFirstAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Whoever else looks for a free port may have found the same one, and be there first.</summary>
    private async Task StartFirstAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StartAsync();
                return;
            }
            catch (InvalidOperationException e) when (attempt < MostPorts && e.Message.Contains("could not bind", StringComparison.Ordinal))
            {
                await EndAsync("QUIT");
                Address = Address with { Port = FreePort.Find() };
                await ConfigureAsync($"port={Address.Port}");
            }
        }
    }

    private async Task CopyAsync(string folder, string name)
    {
        // PostgreSQL 15 renamed both functions. The session that begins a backup has to end it.
        var (begin, end) = _binaries.Version.Major >= 15
            ? ("select pg_backup_start('standby', fast => true)", "select labelfile from pg_backup_stop(wait_for_archive => false)")
            : ("select pg_start_backup('standby', true, false)", "select labelfile from pg_stop_backup(false, false)");
        await using var connection = await Address.OpenAsync();
        await using (var beginning = new NpgsqlCommand(begin, connection))
        {
            await beginning.ExecuteNonQueryAsync();
        }

        var (program, arguments) = Unprivileged.Shell(Copy, [folder, DataFolder]);
        await Command.RunAsync(program, arguments);
        await using var ending = new NpgsqlCommand(end, connection);
        var label = (string)(await ending.ExecuteScalarAsync())!;
        (program, arguments) = Unprivileged.Shell(
            Follow, [folder, $"host=127.0.0.1 port={Address.Port.ToString(CultureInfo.InvariantCulture)} user={Address.User} password={Address.Password} application_name={name}"]);
        await Command.RunAsync(program, arguments, label);
    }

    private async Task InitializeAsync()
    {
        if (OperatingSystem.IsWindows())
        {
            var passwordFile = Path.Combine(Directory.CreateDirectory(_folder).FullName, "password");
            await File.WriteAllTextAsync(passwordFile, Address.Password);
            await Command.RunAsync(
                _binaries.Program("initdb"),
                ["--pgdata=" + DataFolder, "--username=postgres", "--pwfile=" + passwordFile, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
            return;
        }

        var (program, arguments) = Unprivileged.Shell(Create, [_folder, _binaries.Program("initdb")]);
        await Command.RunAsync(program, arguments, Address.Password);
    }

    private async Task EndAsync(string signal)
    {
        if (_server is { } server)
        {
            _server = null;
            await server.EndAsync(signal);
            await server.DisposeAsync();
        }
    }

    private async Task<bool> AnswersAsync()
    {
        if (_server is { HasExited: true })
        {
            throw new InvalidOperationException($"The server did not start: {await File.ReadAllTextAsync(Log.Path)}");
        }

        try
        {
            await using var connection = await Address.OpenAsync();
            return true;
        }
        catch (Exception)
        {
            // Not there yet; or somebody else answers, or the connection has met itself, on a port that was free a moment ago. Then
            // the server ends, and says why.
            return false;
        }
    }

    private static string NewFolder() =>
        Path.Combine(Path.GetTempPath(), $"coordination-tests-{System.Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
}

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

    public ServerAddress Address { get; }

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
    /// <summary>A standby of this cluster, taken with pg_basebackup and following it.</summary>
    public async Task<PrivateCluster> StartStandbyAsync()
    {
        var folder = NewFolder();
        var standby = new PrivateCluster(_binaries, folder, Address with { Port = FreePort.Find() });
        var (program, arguments) = Unprivileged.Shell(
            "umask 077 && mkdir \"$1\" && PGPASSWORD=$(cat) && export PGPASSWORD && \"$2\" --pgdata=\"$1/data\" --host=127.0.0.1 --port=\"$3\" --username=postgres --checkpoint=fast --write-recovery-conf --wal-method=stream --no-sync",
            [folder, _binaries.Program("pg_basebackup"), Address.Port.ToString(CultureInfo.InvariantCulture)]);
        await standby.BuildAsync(() => Command.RunAsync(program, arguments, Address.Password), [$"port={standby.Address.Port}"]);
        return standby;
    }

    /// <summary>Adds lines to postgresql.conf; the last one of a name wins. For the next start.</summary>
    public Task ConfigureAsync(params string[] settings) =>
        File.AppendAllLinesAsync(Path.Combine(DataFolder, "postgresql.conf"), settings);

    /// <summary>Starts the server and waits until it answers.</summary>
    public async Task StartAsync()
    {
        _server = GuardedProcess.Start(_folder, Log.Path, [_binaries.Program("postgres"), "-D", DataFolder]);
        await Eventually.BecomesTrueAsync(AnswersAsync, $"the server on port {Address.Port} answers; its log is {Log.Path}");
    }

    /// <summary>Sessions are ended, everything is written: what an operator's restart does.</summary>
    public Task StopFastAsync() => EndAsync("INT");

    /// <summary>As a crash: nothing is written, recovery at the next start.</summary>
    public Task StopImmediatelyAsync() => EndAsync("QUIT");

    /// <summary>Starts what a synchronous standby is to its primary: somebody who has written what is confirmed. To be ended with KILL: it hears no other signal.</summary>
    /// <param name="name">Its application_name, for synchronous_standby_names.</param>
    public async Task<GuardedProcess> StartReceiverAsync(string name)
    {
        var folder = Path.Combine(_folder, name);
        var (program, arguments) = Unprivileged.Shell("mkdir -p \"$1\"", [folder]);
        await Command.RunAsync(program, arguments);
        return GuardedProcess.Start(folder, folder + ".log", [
            _binaries.Program("pg_receivewal"), "--synchronous", "--no-loop", "--directory=" + folder,
            $"--dbname=host=127.0.0.1 port={Address.Port.ToString(CultureInfo.InvariantCulture)} user={Address.User} password={Address.Password} application_name={name}"]);
    }

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
            await StartAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
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
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static string NewFolder() =>
        Path.Combine(Path.GetTempPath(), $"coordination-tests-{Environment.ProcessId}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
}

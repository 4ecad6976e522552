using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Conductors.Demo.Databases;

/// <summary>A cluster in a temporary folder, on a free port of this machine only, with a random password.</summary>
internal sealed class LocalCluster(string binFolder, string? runAs) : IDatabase
{
    private const int Attempts = 3;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("conductors-");

    private string DataFolder => Path.Combine(_folder.FullName, "data");

    private string LogFile => Path.Combine(_folder.FullName, "postgres.log");

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        var password = RandomNumberGenerator.GetHexString(32);
        var passwordFile = Path.Combine(_folder.FullName, "password");
        await File.WriteAllTextAsync(passwordFile, password, cancellationToken);
        if (runAs is not null)
        {
            await RunAsync("chown", ["-R", runAs, _folder.FullName], asUser: false, cancellationToken);
        }

        await RunAsync(
            PostgresFinder.ProgramIn(binFolder, "initdb"),
            ["-D", DataFolder, "-U", "conductors", "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8", "--no-locale", "--no-sync"],
            asUser: true,
            cancellationToken);

        var port = await StartServerAsync(cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"postgresql://conductors:{password}@127.0.0.1:{port}/postgres");
    }

    /// <summary>Ends the server at once (its data are of no use to anybody) and removes the folder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(Path.Combine(DataFolder, "postmaster.pid")))
        {
            var stop = Start(PostgresFinder.ProgramIn(binFolder, "pg_ctl"), ["-D", DataFolder, "-m", "immediate", "-w", "-t", "20", "stop"], asUser: true);
            await Tool.RunAsync(stop, CancellationToken.None);
        }

        _folder.Delete(recursive: true);
    }

    private async Task<int> StartServerAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var settings = string.Create(
                CultureInfo.InvariantCulture,
                $"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=32MB{(OperatingSystem.IsWindows() ? string.Empty : " -c unix_socket_directories=''")}");
            try
            {
                // pg_ctl returns when the server accepts connections, and puts it into a session of its own:
                // Ctrl+C in the terminal reaches the demo, which ends the server in order.
                await RunAsync(PostgresFinder.ProgramIn(binFolder, "pg_ctl"), ["-D", DataFolder, "-l", LogFile, "-o", settings, "-w", "-t", "30", "start"], asUser: true, cancellationToken);
                return port;
            }
            catch (DemoException) when (attempt < Attempts)
            {
                // Somebody took the port between our look and the server's start: another one.
            }
        }
    }

    private async Task RunAsync(string file, string[] arguments, bool asUser, CancellationToken cancellationToken)
    {
        var result = await Tool.RunAsync(Start(file, arguments, asUser), cancellationToken);
        if (result.Succeeded)
        {
            return;
        }

        var log = File.Exists(LogFile) ? "\n" + (await File.ReadAllTextAsync(LogFile, cancellationToken)).Trim() : string.Empty;
        throw new DemoException(
            $"'{file}' ended with {result.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "no exit code"}:\n{result.Output}{log}\n" +
            "Repair that, or name a PostgreSQL that runs already: COORDINATION_URI=postgresql://user:password@host/database");
    }

    private ProcessStartInfo Start(string file, string[] arguments, bool asUser)
    {
        var start = new ProcessStartInfo(file, arguments) { WorkingDirectory = _folder.FullName };
        start.Environment["LC_ALL"] = "C";
        if (asUser && runAs is not null && !OperatingSystem.IsWindows())
        {
            start.UserName = runAs;
        }

        return start;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

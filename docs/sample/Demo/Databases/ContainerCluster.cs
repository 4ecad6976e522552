using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Conductors.Demo.Databases;

/// <summary>A container on a free port of this machine only, with a random password. The engine removes it when it ends.</summary>
internal sealed class ContainerCluster(string engine) : IDatabase
{
    public const string Image = "docker.io/library/postgres:17-alpine";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    private readonly string _name = "conductors-" + RandomNumberGenerator.GetHexString(8, lowercase: true);

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        var password = RandomNumberGenerator.GetHexString(32);

        // The value goes through the environment: what stands on a command line, every user of the machine can read.
        var run = new ProcessStartInfo(engine, ["run", "--rm", "-d", "--name", _name, "-e", "POSTGRES_PASSWORD", "-p", "127.0.0.1::5432", Image, "-c", "fsync=off"]);
        run.Environment["POSTGRES_PASSWORD"] = password;
        await RunAsync(run, cancellationToken);

        var address = await RunAsync(new ProcessStartInfo(engine, ["port", _name, "5432/tcp"]), cancellationToken);
        var port = address.Split('\n')[0].Trim().Split(':')[^1];
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = int.Parse(port, CultureInfo.InvariantCulture),
            Username = "postgres",
            Password = password,
            Database = "postgres",
            Pooling = false,
            Timeout = 5,
        };
        await WaitUntilReadyAsync(connection.ConnectionString, cancellationToken);
        return $"postgresql://postgres:{password}@127.0.0.1:{port}/postgres";
    }

    public async ValueTask DisposeAsync() =>
        await Tool.AskAsync(engine, ["rm", "-f", _name], CancellationToken.None);

    // The image starts its server once for its set-up, without TCP: the first connection through TCP is the real one.
    private static async Task WaitUntilReadyAsync(string connectionString, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ReadyLimit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Exception? last = null;
        while (!either.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await connection.OpenAsync(either.Token);
                return;
            }
            catch (NpgsqlException e)
            {
                last = e;
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new DemoException(
            $"The container of {Image} accepted no connection within {ReadyLimit.TotalSeconds:0} s: {last?.Message}\n" +
            "Look at the engine, or name a PostgreSQL that runs already: COORDINATION_URI=postgresql://user:password@host/database");
    }

    private async Task<string> RunAsync(ProcessStartInfo start, CancellationToken cancellationToken)
    {
        var result = await Tool.RunAsync(start, cancellationToken);
        return result.Succeeded
            ? result.Output
            : throw new DemoException(
                $"'{engine} {start.ArgumentList[0]}' for {Image} failed: {result.Output}\n" +
                "Repair that, or name a PostgreSQL that runs already: COORDINATION_URI=postgresql://user:password@host/database");
    }
}

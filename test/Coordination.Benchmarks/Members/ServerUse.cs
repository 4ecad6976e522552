using System.Diagnostics;
using System.Globalization;
using Coordination.IntegrationTests.Infrastructure;
using Npgsql;

namespace Coordination.Benchmarks.Members;

/// <summary>What a server of this machine has been made to do until now.</summary>
/// <param name="Transactions">Committed, in all databases.</param>
/// <param name="WalBytes">Written to its log.</param>
/// <param name="ProcessorMilliseconds">Of all its processes; 0 where they are not on this machine.</param>
internal sealed record ServerUse(double Transactions, double WalBytes, double ProcessorMilliseconds)
{
    public static async Task<ServerUse> ReadAsync(ServerAddress server)
    {
        await using var connection = await server.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select (select sum(xact_commit) from pg_stat_database)::float8, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8,
                (select string_agg(pid::text, ' ') from pg_stat_activity where pid <> pg_backend_pid())
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var pids = reader.GetString(2).Split(' ');
        return new ServerUse(reader.GetDouble(0), reader.GetDouble(1), pids.Sum(pid => ProcessorTime(int.Parse(pid, CultureInfo.InvariantCulture))) + Parent(pids[0]));
    }

    /// <summary>Of the server's first process and of those that have ended, where the system tells it.</summary>
    private static double Parent(string child)
    {
        const int ParentAt = 1;
        const int TimesAt = 11; // of itself and of its children, as user and as system, in hundredths of a second
        return Stat(child) is { } stat && Stat(stat[ParentAt]) is { } parent
            ? parent[TimesAt..(TimesAt + 4)].Sum(ticks => 10.0 * long.Parse(ticks, CultureInfo.InvariantCulture))
            : 0;

        // After the name, which stands in brackets.
        static string[]? Stat(string pid) => $"/proc/{pid}/stat" is var path && File.Exists(path) && File.ReadAllText(path) is var text
            ? text[(text.LastIndexOf(')') + 2)..].Split(' ')
            : null;
    }

    private static double ProcessorTime(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return process.TotalProcessorTime.TotalMilliseconds;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return 0; // ended just now
        }
    }
}

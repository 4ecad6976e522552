using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>One source for all who connect in the same manner: what the driver works out for a source, it works out once for all members of a process.</summary>
internal static class SharedSources
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, (NpgsqlDataSource Source, int Users)> Used = new(StringComparer.Ordinal);

    /// <summary>To be given back with <see cref="Return"/>.</summary>
    public static NpgsqlDataSource Rent(string connectionString)
    {
        lock (Gate)
        {
            var (source, users) = Used.GetValueOrDefault(connectionString);
            source ??= Build(connectionString);
            Used[connectionString] = (source, users + 1);
            return source;
        }
    }

    /// <summary>Nobody disposes a source that others still use; connections that are open outlive it.</summary>
    public static void Return(string connectionString)
    {
        NpgsqlDataSource unused;
        lock (Gate)
        {
            var (source, users) = Used[connectionString];
            if (users > 1)
            {
                Used[connectionString] = (source, users - 1);
                return;
            }

            Used.Remove(connectionString);
            unused = source;
        }

        unused.Dispose();
    }

    private static NpgsqlDataSource Build(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);

        // What we send and read are types that every server has under the same numbers.
        builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));

        // Twice a second from here to eternity: our beats would drown the application's own spans.
        builder.ConfigureTracing(tracing => tracing
            .ConfigureCommandFilter(static _ => false)
            .ConfigureBatchFilter(static _ => false)
            .EnablePhysicalOpenTracing(false));
        return builder.Build();
    }
}

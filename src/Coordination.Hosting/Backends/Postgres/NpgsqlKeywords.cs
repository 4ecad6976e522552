using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Reads an Npgsql key=value string strictly: no unknown keyword, none twice, no value that Npgsql would ignore.</summary>
/// <remarks>
/// Such a string is often the application's own, with settings for its pool in it. Those that a lock session cannot share
/// (pooling, enlisting, multiplexing, command timeout, keepalive, application name) are accepted, and overridden by the connector.
/// </remarks>
internal sealed class NpgsqlKeywords(ICollection<string> faults)
{
    public NpgsqlConnectionStringBuilder Builder { get; } = [];

    /// <summary>Takes the entries over.</summary>
    /// <returns>The hosts, or null when there are faults.</returns>
    public IReadOnlyList<LibpqHost>? Apply(List<UrlParameter> entries)
    {
        var before = faults.Count;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            if (Canonical(entry) is { } keyword)
            {
                if (!seen.Add(keyword))
                {
                    faults.Add($"BackendUrl gives keyword '{keyword}' twice (a synonym counts). Keep one of them.");
                }
                else
                {
                    Builder[entry.Name] = entry.Value;
                }
            }
        }

        if (!seen.Contains("GSS Encryption Mode"))
        {
            Builder.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        Check();
        var hosts = ReadHosts();
        if (faults.Count > before || hosts is null)
        {
            return null;
        }

        NpgsqlHosts.Apply(Builder, hosts, string.Equals(Builder.TargetSessionAttributes, "read-write", StringComparison.OrdinalIgnoreCase));
        return hosts;
    }

    // A builder of its own tells how Npgsql calls the keyword. Its exceptions repeat what they do not like, so none is passed on.
    private string? Canonical(UrlParameter entry)
    {
        var probe = new NpgsqlConnectionStringBuilder();
        try
        {
            probe[entry.Name] = entry.Value;
            return probe.Keys.FirstOrDefault() ?? entry.Name;
        }
        catch (ArgumentException e) when (e.InnerException is KeyNotFoundException)
        {
            faults.Add(
                $"Keyword {entry.ShownName} of BackendUrl is unknown to Npgsql. Remove or correct it; a value with ';' or quotes in it " +
                "stands in quotes.");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            faults.Add($"Keyword {entry.ShownName} of BackendUrl has a value that Npgsql refuses: {entry.ShownValue}. Correct it.");
        }

        return null;
    }

    private IReadOnlyList<LibpqHost>? ReadHosts()
    {
        if (string.IsNullOrWhiteSpace(Builder.Host))
        {
            faults.Add("BackendUrl names no host. Add Host=….");
            return null;
        }

        var hosts = NpgsqlHosts.Read(Builder.Host, Builder.Port);
        if (hosts is null)
        {
            faults.Add(
                "Keyword 'Host' of BackendUrl is not a list of host[:port]. Entries of a connection string are divided by ';', not by spaces.");
        }

        return hosts;
    }

    private void Check()
    {
        if (Builder.TargetSessionAttributes?.ToLowerInvariant() is { } target and not ("any" or "primary" or "prefer-primary" or "read-write"))
        {
            faults.Add($"Keyword 'Target Session Attributes' of BackendUrl is '{target}'; locks live on the primary only. Use primary.");
        }

        if (Builder.ClientEncoding is { } encoding && encoding.Replace("-", string.Empty, StringComparison.Ordinal).ToUpperInvariant() is not ("UTF8" or "UNICODE"))
        {
            faults.Add("Keyword 'Client Encoding' of BackendUrl is not UTF8, which names and metadata need. Remove it.");
        }

        if (!Enum.IsDefined(Builder.SslMode))
        {
            faults.Add($"Keyword 'SSL Mode' of BackendUrl must be one of {string.Join(", ", Enum.GetNames<SslMode>())}.");
        }
        else if (Builder.RootCertificate is not null && Builder.SslMode is not (SslMode.VerifyCA or SslMode.VerifyFull))
        {
            faults.Add(
                $"BackendUrl has a Root Certificate, but SSL Mode is {Builder.SslMode}, with which Npgsql verifies nothing. Set SSL Mode to " +
                "VerifyFull (or VerifyCA).");
        }

        if (Builder.SslNegotiation is SslNegotiation.Direct && Builder.SslMode is SslMode.Disable or SslMode.Allow or SslMode.Prefer)
        {
            faults.Add($"BackendUrl has SSL Negotiation=Direct, but SSL Mode is {Builder.SslMode}. Set SSL Mode to Require or stricter.");
        }

        if (Builder.TcpKeepAliveInterval > 0 && Builder.TcpKeepAliveTime == 0)
        {
            faults.Add("BackendUrl has TCP Keepalive Interval without TCP Keepalive Time; Npgsql needs both. Add the time.");
        }
    }
}

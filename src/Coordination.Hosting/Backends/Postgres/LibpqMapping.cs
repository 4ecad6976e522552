using System.Globalization;
using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>Puts libpq's parameters into Npgsql's words. What Npgsql cannot honour is refused by name, never dropped.</summary>
internal sealed class LibpqMapping(ICollection<string> faults)
{
    private const int LongestTimeout = 1024;

    private static readonly Dictionary<string, Action<LibpqMapping, UrlParameter>> Known = new(StringComparer.Ordinal)
    {
        ["user"] = (it, p) => it.Builder.Username = p.Value,
        ["password"] = (it, p) => it.Builder.Password = p.Value,
        ["passfile"] = (it, p) => it.Builder.Passfile = p.Value,
        ["dbname"] = (it, p) => it.Builder.Database = p.Value,
        ["host"] = (it, p) => it._hosts.Name(p),
        ["hostaddr"] = (it, p) => it._hosts.Address(p),
        ["port"] = (it, p) => it._hosts.Port(p),
        ["options"] = (it, p) => it.Builder.Options = p.Value,
        ["connect_timeout"] = (it, p) => it.ConnectTimeout(p),
        ["client_encoding"] = (it, p) => it.Expect(p, ["utf8", "utf-8", "unicode", "auto"]),
        ["target_session_attrs"] = (it, p) => it.TargetSession(p),
        ["load_balance_hosts"] = (it, p) => it.Builder.LoadBalanceHosts = it.Expect(p, ["disable", "random"]) == "random",
        ["channel_binding"] = (it, p) => it.Choose<ChannelBinding>(p, value => it.Builder.ChannelBinding = value),
        ["gssencmode"] = (it, p) => it.Choose<GssEncryptionMode>(p, value => it.Builder.GssEncryptionMode = value),
        ["krbsrvname"] = (it, p) => it.Builder.KerberosServiceName = p.Value,
        ["require_auth"] = (it, p) => it.RequireAuth(p),
        ["keepalives"] = (it, p) => it.Expect(p, ["1"], "A session that does not notice a dead server keeps nobody safe."),
        ["keepalives_idle"] = (it, p) => it._keepAliveIdle = it.Number(p, 0, short.MaxValue),
        ["keepalives_interval"] = (it, p) => it._keepAliveInterval = it.Number(p, 0, short.MaxValue),
        ["ssl"] = (it, p) => it._tls.Ssl(p),
        ["sslmode"] = (it, p) => it._tls.Mode(p),
        ["sslnegotiation"] = (it, p) => it._tls.Negotiation(p),
        ["sslrootcert"] = (it, p) => it._tls.RootCertificate = p.Value,
        ["sslcert"] = (it, p) => it._tls.Certificate = p.Value,
        ["sslkey"] = (it, p) => it._tls.Key = p.Value,
        ["sslpassword"] = (it, p) => it._tls.KeyPassword = p.Value,
    };

    private static readonly Dictionary<string, string> Refused = new(StringComparer.Ordinal)
    {
        ["application_name"] = "the sessions are named coordination/{group}/{member} by themselves, so that people find them in pg_stat_activity",
        ["fallback_application_name"] = "the sessions are named coordination/{group}/{member} by themselves",
        ["keepalives_count"] = "every session sets tcp_keepalives_count on the server, derived from LeaseTime",
        ["tcp_user_timeout"] = "every session sets tcp_user_timeout on the server, derived from LeaseTime",
        ["replication"] = "a replication connection takes no locks",
    };

    private readonly LibpqHosts _hosts = new(faults);
    private readonly LibpqTls _tls = new(faults);
    private int _keepAliveIdle;
    private int _keepAliveInterval;

    public NpgsqlConnectionStringBuilder Builder { get; } = new() { GssEncryptionMode = GssEncryptionMode.Disable };

    /// <summary>Maps a URI.</summary>
    /// <returns>The hosts it names, or null when there are faults.</returns>
    public IReadOnlyList<LibpqHost>? Apply(LibpqUri uri)
    {
        var before = faults.Count;
        _hosts.Authority(uri.Hosts);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var parameter in uri.Parameters)
        {
            if (!seen.Add(parameter.Name))
            {
                faults.Add($"BackendUrl gives parameter {parameter.ShownName} twice. Keep one of them.");
            }
            else if (Known.TryGetValue(parameter.Name, out var apply))
            {
                apply(this, parameter);
            }
            else
            {
                Refuse(parameter);
            }
        }

        var hosts = _hosts.Combine();
        _tls.Apply(Builder);
        ApplyKeepAlive(hosts);
        if (faults.Count > before)
        {
            return null;
        }

        NpgsqlHosts.Apply(Builder, hosts, _hosts.NeedsWrites);
        return hosts;
    }

    private void Refuse(UrlParameter parameter)
    {
        faults.Add(Refused.TryGetValue(parameter.Name, out var reason)
            ? $"Parameter '{parameter.Name}' of BackendUrl cannot be given: {reason}. Remove it."
            : $"Parameter {parameter.ShownName} of BackendUrl is unknown or cannot be honoured here. Remove it, or use one of: " +
                $"{string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}.");
    }

    private void ConnectTimeout(UrlParameter parameter)
    {
        // libpq: zero and less mean no limit. Ours ends an attempt after a quarter of the lease at the latest anyway.
        Builder.Timeout = Math.Max(0, Number(parameter, int.MinValue, LongestTimeout));
    }

    private void TargetSession(UrlParameter parameter)
    {
        var value = Expect(parameter, ["any", "primary", "read-write"], "Locks live on the primary only.");
        _hosts.NeedsWrites = value == "read-write";
    }

    private void RequireAuth(UrlParameter parameter)
    {
        string[] known = ["password", "md5", "gss", "sspi", "scram-sha-256", "none"];
        string[] npgsql = ["Password", "MD5", "GSS", "SSPI", "ScramSHA256", "None"];
        var methods = parameter.Value.Split(',', StringSplitOptions.TrimEntries);
        var negative = methods.Count(method => method.StartsWith('!'));
        var places = methods.Select(method => Array.IndexOf(known, method.TrimStart('!'))).ToArray();
        if (places.Contains(-1) || (negative > 0 && negative < methods.Length))
        {
            faults.Add(
                $"Parameter 'require_auth' of BackendUrl is {parameter.ShownValue}; it is a list of {string.Join(", ", known)}, " +
                "either all or none of them with an '!' in front.");
            return;
        }

        var list = string.Join(',', places.Select(place => (negative > 0 ? "!" : string.Empty) + npgsql[place]));
        if (negative > 0 && places.Distinct().Count() == known.Length)
        {
            faults.Add("Parameter 'require_auth' of BackendUrl excludes every method. Leave one.");
            return;
        }

        Builder.RequireAuth = list;
    }

    private void ApplyKeepAlive(IReadOnlyList<LibpqHost> hosts)
    {
        if (_keepAliveInterval > 0 && _keepAliveIdle == 0)
        {
            faults.Add("BackendUrl has keepalives_interval without keepalives_idle; Npgsql needs both. Add keepalives_idle.");
        }
        else if (!hosts.Any(host => LibpqHost.IsSocket(host.Name)))
        {
            // Socket options of TCP are an error on a unix socket, and libpq ignores them there.
            Builder.TcpKeepAlive = true;
            Builder.TcpKeepAliveTime = _keepAliveIdle;
            Builder.TcpKeepAliveInterval = _keepAliveInterval;
        }
    }

    private string Expect(UrlParameter parameter, string[] allowed, string why = "")
    {
        var value = parameter.Value.ToLowerInvariant();
        if (!allowed.Contains(value))
        {
            faults.Add(
                $"Parameter '{parameter.Name}' of BackendUrl is {parameter.ShownValue}; it must be {(allowed.Length > 1 ? "one of " : string.Empty)}{string.Join(", ", allowed)}." +
                (why.Length > 0 ? $" {why}" : string.Empty));
        }

        return value;
    }

    private void Choose<T>(UrlParameter parameter, Action<T> set)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(name => name.ToLowerInvariant()).ToArray();
        if (Array.IndexOf(names, Expect(parameter, names)) is >= 0 and var place)
        {
            set(Enum.GetValues<T>()[place]);
        }
    }

    private int Number(UrlParameter parameter, int least, int most)
    {
        if (int.TryParse(parameter.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
        {
            return number;
        }

        faults.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"Parameter '{parameter.Name}' of BackendUrl is {parameter.ShownValue}; it must be a whole number of seconds{(least >= 0 ? $" from {least}" : string.Empty)} up to {most}."));
        return 0;
    }
}

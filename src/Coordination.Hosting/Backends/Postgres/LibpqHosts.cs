using System.Globalization;

namespace Coordination.Backends.Postgres;

/// <summary>Brings together what the authority and the query of a libpq URI say about hosts.</summary>
internal sealed class LibpqHosts(ICollection<string> faults)
{
    private List<LibpqHost> _authority = [];
    private string[]? _names;
    private string[]? _addresses;
    private string[]? _ports;

    /// <summary>Whether the user asked for a server that takes writes, instead of only for the primary.</summary>
    public bool NeedsWrites { get; set; }

    public void Authority(List<LibpqHost> hosts) => _authority = hosts;

    public void Name(UrlParameter parameter) => _names = parameter.Value.Split(',');

    public void Address(UrlParameter parameter)
    {
        _addresses = parameter.Value.Split(',');
        if (!_addresses.All(address => System.Net.IPAddress.TryParse(address, out _)))
        {
            faults.Add("Parameter 'hostaddr' of BackendUrl is not a list of IP addresses. Put host names into 'host'.");
        }
    }

    public void Port(UrlParameter parameter) => _ports = parameter.Value.Split(',');

    public IReadOnlyList<LibpqHost> Combine()
    {
        var named = _authority.Any(host => host.Name.Length > 0);
        if ((named ? 1 : 0) + (_names is null ? 0 : 1) + (_addresses is null ? 0 : 1) > 1)
        {
            faults.Add(
                "BackendUrl names its hosts in two places (before the database, in 'host', in 'hostaddr'). Keep one; an address cannot be " +
                "reached under another name here.");
            return [];
        }

        if (_ports is not null && _authority.Any(host => host.Port is not null))
        {
            faults.Add("BackendUrl gives ports in two places (behind the hosts and in 'port'). Keep one.");
            return [];
        }

        var hosts = named ? _authority : [.. (_names ?? _addresses ?? []).Select((name, i) => new LibpqHost(name, AuthorityPort(i)))];
        if (hosts.Count == 0 || hosts.Any(host => host.Name.Length == 0))
        {
            faults.Add(
                "BackendUrl has an empty host. Name it (postgresql://localhost/database), or the directory of a unix socket " +
                "(postgresql:///database?host=/var/run/postgresql).");
            return [];
        }

        if (hosts.Any(host => !LibpqHost.IsWellFormed(host.Name)))
        {
            faults.Add("Parameter 'host' of BackendUrl is not a list of host names, addresses or directories of unix sockets.");
            return [];
        }

        return WithPorts(hosts);
    }

    // "postgresql://:5433/db?host=/tmp": the port alone stands in the authority.
    private int? AuthorityPort(int place) => _authority.Count == 1 ? _authority[0].Port : _authority.ElementAtOrDefault(place).Port;

    private List<LibpqHost> WithPorts(List<LibpqHost> hosts)
    {
        if (_ports is null)
        {
            return hosts;
        }

        if (_ports.Length != 1 && _ports.Length != hosts.Count)
        {
            faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"BackendUrl has {hosts.Count} hosts and {_ports.Length} ports. Give one port for all, or one for each host."));
            return hosts;
        }

        var joined = new List<LibpqHost>(hosts.Count);
        for (var i = 0; i < hosts.Count; i++)
        {
            if (!LibpqHost.TryReadPort(_ports[_ports.Length == 1 ? 0 : i], out var port))
            {
                faults.Add("Parameter 'port' of BackendUrl is not a number of 1 to 65535, or a list of such numbers.");
                return hosts;
            }

            joined.Add(hosts[i] with { Port = port });
        }

        return joined;
    }
}

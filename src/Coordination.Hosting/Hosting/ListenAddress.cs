using System.Collections;
using System.Reflection;

namespace Coordination.Hosting;

/// <summary>Where the web server of this process listens, if it has one.</summary>
/// <remarks>
/// Found by name and not by type: a worker that uses this library must not need the ASP.NET Core runtime. The two names are public
/// contracts of ASP.NET Core: IServer has Features, and one of them is IServerAddressesFeature with Addresses.
/// </remarks>
internal static class ListenAddress
{
    private const string ServerType = "Microsoft.AspNetCore.Hosting.Server.IServer, Microsoft.AspNetCore.Hosting.Server.Abstractions";
    private const string FeatureName = "IServerAddressesFeature";

    private static readonly string[] SocketHosts = ["://unix:/", "://pipe:/"];

    /// <summary>The first address, with a host that others can use; null when there is none.</summary>
    public static Uri? Find(IServiceProvider services)
    {
        if (Type.GetType(ServerType, throwOnError: false) is not { } type
            || services.GetService(type) is not { } server
            || Read(server, type, "Features") is not IEnumerable features)
        {
            return null;
        }

        var addresses = features.Cast<object>()
            .Where(pair => (Read(pair, pair.GetType(), "Key") as Type)?.Name == FeatureName)
            .Select(pair => Read(pair, pair.GetType(), "Value"))
            .SelectMany(feature => feature is null ? [] : Read(feature, feature.GetType(), "Addresses") as IEnumerable<string> ?? [])
            .ToList();
        return Choose(addresses, Environment.MachineName);
    }

    /// <summary>The first address that others can use; one that means "every interface" gets the machine's name. Pure.</summary>
    public static Uri? Choose(IEnumerable<string> addresses, string machine)
    {
        foreach (var address in addresses)
        {
            if (SocketHosts.Any(host => address.Contains(host, StringComparison.OrdinalIgnoreCase)))
            {
                continue; // http://unix:/run/x.sock and http://pipe:/x parse as urls of a host "unix"
            }

            // "+" and "*" are no hosts for Uri; they mean what 0.0.0.0 means.
            var text = address.Replace("://+", "://0.0.0.0", StringComparison.Ordinal).Replace("://*", "://0.0.0.0", StringComparison.Ordinal);
            if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            {
                return url.Host is "0.0.0.0" or "[::]" ? new UriBuilder(url) { Host = machine }.Uri : url;
            }
        }

        return null;
    }

    private static object? Read(object from, Type type, string property)
    {
        // Kestrel implements the feature with a class of its own, so the interface's property is looked up on the interfaces too.
        var found = type.GetProperty(property, BindingFlags.Public | BindingFlags.Instance)
            ?? type.GetInterfaces().Select(contract => contract.GetProperty(property)).FirstOrDefault(candidate => candidate is not null);
        return found?.GetValue(from);
    }
}

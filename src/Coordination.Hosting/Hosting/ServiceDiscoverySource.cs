using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Coordination.Hosting;

/// <summary>The members of one group in the shape in which Microsoft.Extensions.ServiceDiscovery looks for endpoints.</summary>
internal sealed class ServiceDiscoverySource : ConfigurationProvider, IConfigurationSource
{
    /// <inheritdoc/>
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Shows a view. Whoever watches the configuration hears of it when anything has changed in it.</summary>
    public void Show(string group, GroupView view)
    {
        var next = Read(group, view);
        if (next.Count != Data.Count || next.Any(pair => !Data.TryGetValue(pair.Key, out var known) || known != pair.Value))
        {
            Data = next; // one reference: a reader sees all of it or nothing
            OnReload();
        }
    }

    /// <summary>The members that are up and tell a url, under the schemes of their urls, in order of their numbers. Pure.</summary>
    public static Dictionary<string, string?> Read(string group, GroupView view)
    {
        Dictionary<string, string?> read = new(StringComparer.OrdinalIgnoreCase);
        foreach (var scheme in view.Members.Where(member => member is { Status: MemberStatus.Up, Url: not null }).GroupBy(member => member.Url!.Scheme))
        {
            foreach (var (place, member) in scheme.Index())
            {
                read[string.Create(CultureInfo.InvariantCulture, $"Services:{group}:{scheme.Key}:{place}")] = member.Url!.AbsoluteUri.TrimEnd('/');
            }
        }

        return read;
    }
}

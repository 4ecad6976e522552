using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>Where the settings of one membership are looked for.</summary>
/// <param name="key">The key of a keyed membership, or null.</param>
internal sealed class SettingPlaces(string? key)
{
    /// <summary>The environment variable that is asked last.</summary>
    public const string Variable = "COORDINATION_URI";

    private const string Root = "Coordination";

    private readonly List<string> _connectionNames = [];

    public string? Key { get; } = key;

    public string OptionsName { get; } = key ?? Options.DefaultName;

    /// <summary>The configuration section.</summary>
    public string Section { get; } = key is null ? Root : $"{Root}:{key}";

    /// <summary>The connection strings, in the order in which registrations named them.</summary>
    public IReadOnlyList<string> ConnectionNames => _connectionNames;

    /// <summary>What stands before a fault, so that a host with several memberships tells them apart.</summary>
    public string Title { get; } = key is null ? Root : $"{Root} '{key}'";

    /// <summary>The name of the connection string when the registration gives none.</summary>
    public static string ConnectionNameFor(string? key) => key ?? "coordination";

    /// <summary>Also look at this connection string.</summary>
    public void AddConnection(string name)
    {
        if (!_connectionNames.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            _connectionNames.Add(name);
        }
    }

    /// <summary>Every place, in the order in which it is asked.</summary>
    public override string ToString() =>
        $"configuration '{Section}:BackendUrl', " +
        string.Concat(ConnectionNames.Select(name => $"connection string 'ConnectionStrings:{name}', ")) +
        $"environment variable {Variable}, the delegate of AddCoordination";
}

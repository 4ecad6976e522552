using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>Fills the options from where settings are looked for: section, connection string, environment. The user's delegates come after.</summary>
/// <param name="key">The key of a keyed membership, or null.</param>
/// <param name="connectionName">The name of the connection string.</param>
/// <param name="configuration">The application's configuration, if it has one.</param>
internal sealed class CoordinationOptionsSetup(string? key, string connectionName, IConfiguration? configuration)
    : IConfigureNamedOptions<CoordinationOptions>
{
    /// <summary>The environment variable that is asked last.</summary>
    public const string Variable = "COORDINATION_URI";

    /// <summary>Every place that is looked at for a BackendUrl, in order, for the message that says that none had one.</summary>
    public static string Places(string? key, string connectionName) =>
        $"the AddCoordination delegate, configuration '{Section(key)}:BackendUrl', connection string '{connectionName}' (ConnectionStrings:{connectionName}) and environment variable {Variable}";

    public static string ConnectionNameFor(string? key) => key ?? "coordination";

    /// <inheritdoc/>
    public void Configure(CoordinationOptions options) => Configure(Options.DefaultName, options);

    /// <inheritdoc/>
    public void Configure(string? name, CoordinationOptions options)
    {
        if (name != (key ?? Options.DefaultName))
        {
            return;
        }

        configuration?.GetSection(Section(key)).Bind(options);
        if (string.IsNullOrWhiteSpace(options.BackendUrl))
        {
            options.BackendUrl = configuration?.GetConnectionString(connectionName);
        }

        if (string.IsNullOrWhiteSpace(options.BackendUrl))
        {
            options.BackendUrl = configuration?[Variable] ?? Environment.GetEnvironmentVariable(Variable);
        }
    }

    private static string Section(string? key) => key is null ? "Coordination" : $"Coordination:{key}";
}

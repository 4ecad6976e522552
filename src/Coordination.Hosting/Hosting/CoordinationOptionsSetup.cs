using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>Fills the options from where settings are looked for. The user's delegates come after and win.</summary>
/// <param name="places">Where to look.</param>
/// <param name="configuration">The application's configuration, if it has one.</param>
internal sealed class CoordinationOptionsSetup(SettingPlaces places, IConfiguration? configuration) : IConfigureNamedOptions<CoordinationOptions>
{
    /// <inheritdoc/>
    public void Configure(CoordinationOptions options) => Configure(Options.DefaultName, options);

    /// <inheritdoc/>
    public void Configure(string? name, CoordinationOptions options)
    {
        if (name != places.OptionsName)
        {
            return;
        }

        try
        {
            configuration?.GetSection(places.Section).Bind(options);
        }
        catch (InvalidOperationException e)
        {
            // Noted and not thrown: the validator names it together with everything else that is wrong.
            options.BindingFault = $"Section '{places.Section}' cannot be read: {e.Message.TrimEnd('.')}. Correct the value.";
        }

        // The first place that has one wins.
        foreach (var connection in places.ConnectionNames)
        {
            options.BackendUrl = OrElse(options.BackendUrl, configuration?.GetConnectionString(connection));
        }

        options.BackendUrl = OrElse(options.BackendUrl, configuration?[SettingPlaces.Variable]);
        options.BackendUrl = OrElse(options.BackendUrl, Environment.GetEnvironmentVariable(SettingPlaces.Variable));
    }

    private static string? OrElse(string? first, string? second) => string.IsNullOrWhiteSpace(first) ? second : first;
}

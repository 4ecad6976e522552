using Coordination.Backends.Files;
using Microsoft.Extensions.Options;

namespace Coordination.Hosting;

/// <summary>In development nothing needs to be configured: a folder of this user's, for this application, stands in. After all else that sets options.</summary>
/// <param name="places">Whose options.</param>
/// <param name="isDevelopment">Whether the environment is Development; elsewhere a missing backend is a fault.</param>
/// <param name="applicationName">The application.</param>
internal sealed class EmbeddedBackend(SettingPlaces places, bool isDevelopment, string applicationName) : IPostConfigureOptions<CoordinationOptions>
{
    /// <inheritdoc/>
    public void PostConfigure(string? name, CoordinationOptions options)
    {
        // A section that cannot be read may have had one in it: that is a fault, and no choice.
        if (name == places.OptionsName && isDevelopment && options.BindingFault is null && string.IsNullOrWhiteSpace(options.BackendUrl))
        {
            options.BackendUrl = FileUrl.Of(Path.Combine(Path.GetTempPath(), $"coordination-{Plain(Environment.UserName)}", Plain(applicationName)));
            options.IsEmbedded = true;
        }
    }

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
}

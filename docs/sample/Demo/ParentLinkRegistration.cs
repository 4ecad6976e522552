using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Conductors.Demo;

/// <summary>Links a replica to the demo that started it; does nothing for one that was started by hand.</summary>
internal static class ParentLinkRegistration
{
    /// <summary>The setting by which the demo says that it is the parent.</summary>
    public const string Setting = "StartedByDemo";

    public static void AddParentLink(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        if (builder.Configuration.GetValue<bool>(Setting))
        {
            builder.Services.AddHostedService<ParentLink>();
        }
    }
}

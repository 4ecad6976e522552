using Coordination.Problems;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Coordination.Hosting;

/// <summary>What AddCoordination registers besides when this assembly is there: Coordination.Hosting finds this class by its name.</summary>
internal static class WebRegistration
{
    public static void Register(IServiceCollection services)
    {
        services.TryAddSingleton<CoordinationErrors>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, CoordinationErrors>(provider => provider.GetRequiredService<CoordinationErrors>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeveloperPageExceptionFilter, CoordinationErrors>(provider => provider.GetRequiredService<CoordinationErrors>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, CoordinationStartup>());
    }
}

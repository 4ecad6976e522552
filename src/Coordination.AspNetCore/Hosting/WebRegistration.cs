using Coordination.Diagnostics;
using Coordination.Problems;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Coordination.Hosting;

/// <summary>What AddCoordination registers besides when this assembly is there: Coordination.Hosting finds this class by its name.</summary>
internal static class WebRegistration
{
    // Made by functions, so that a worker's container, which is checked as a whole, need not be able to make them.
    public static void Register(IServiceCollection services)
    {
        services.TryAddSingleton(provider => new CoordinationErrors(WebLog.From(provider)));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IExceptionHandler, CoordinationErrors>(provider => provider.GetRequiredService<CoordinationErrors>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeveloperPageExceptionFilter, CoordinationErrors>(provider => provider.GetRequiredService<CoordinationErrors>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, CoordinationStartup>(provider => new CoordinationStartup(provider.GetRequiredService<CoordinationErrors>())));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IActionDescriptorProvider, ActionResponses>());
    }
}

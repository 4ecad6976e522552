using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Hosting;

/// <summary>
/// Lets Coordination.AspNetCore, where an application has it, add its own services to every AddCoordination: locks on endpoints are checked when the
/// host starts, whichever of the two AddCoordination was called, and nobody can forget to ask for it.
/// </summary>
internal static class WebCompanion
{
    // A constant text, so that trimming sees the type and keeps it.
    private static readonly Action<IServiceCollection>? Add = Type
        .GetType("Coordination.Hosting.WebRegistration, Coordination.AspNetCore", throwOnError: false)?
        .GetMethod("Register", [typeof(IServiceCollection)])?
        .CreateDelegate<Action<IServiceCollection>>();

    public static void Register(IServiceCollection services) => Add?.Invoke(services);
}

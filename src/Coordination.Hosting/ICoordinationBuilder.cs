using Microsoft.Extensions.DependencyInjection;

namespace Coordination;

/// <summary>What <c>AddCoordination</c> returns, to hang more on the same membership.</summary>
public interface ICoordinationBuilder
{
    /// <summary>The services of the application.</summary>
    IServiceCollection Services { get; }

    /// <summary>The key of a keyed membership; null for the one without a key.</summary>
    string? Key { get; }
}

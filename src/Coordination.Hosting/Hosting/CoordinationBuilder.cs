using Microsoft.Extensions.DependencyInjection;

namespace Coordination.Hosting;

/// <summary>What AddCoordination returns.</summary>
internal sealed record CoordinationBuilder(IServiceCollection Services, string? Key) : ICoordinationBuilder;

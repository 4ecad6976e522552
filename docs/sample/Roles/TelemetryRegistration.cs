using OpenTelemetry;
using OpenTelemetry.Resources;

namespace Conductors.Roles;

/// <summary>Metrics and spans to the collector that OpenTelemetry's own setting names; none is named, none are made.</summary>
internal static class TelemetryRegistration
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static void AddTelemetry(this WebApplicationBuilder builder, string role)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration[Endpoint]))
        {
            return;
        }

        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"conductors-{role}").AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter("Coordination.Hosting", "Microsoft.AspNetCore.Hosting"))
            .WithTracing(tracing => tracing.AddSource("Coordination.Hosting", "Microsoft.AspNetCore", "System.Net.Http"))
            .UseOtlpExporter();
    }
}

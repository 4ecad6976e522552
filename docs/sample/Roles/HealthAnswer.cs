using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Conductors.Roles;

/// <summary>The health report as JSON, with what the coordination check tells: state, members, view, lease, locks.</summary>
internal static class HealthAnswer
{
    public static Task WriteAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(
            new
            {
                status = report.Status.ToString(),
                checks = report.Entries.ToDictionary(
                    entry => entry.Key,
                    entry => new { status = entry.Value.Status.ToString(), entry.Value.Description, entry.Value.Data }),
            },
            context.RequestAborted);
}

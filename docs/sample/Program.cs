using Conductors.Demo;
using Conductors.Roles;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;

// Without a role the program shows itself: it starts replicas of itself, disturbs them and judges what they did.
if (args.FirstOrDefault() is not ("api" or "conductor" or "both"))
{
    return await DemoCommand.RunAsync(args);
}

var role = args[0];
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args[1..], ContentRootPath = AppContext.BaseDirectory });
builder.AddParentLink(); // does something only when the demo started this process

// The one line that makes this process a member of the group "conductors" (see appsettings.json). Where the group lives
// comes from configuration: COORDINATION_URI=postgresql://user:password@host/database is enough.
builder.AddCoordination(configure: options =>
{
    options.Prefix = role;            // the first part of the member id: tells the roles on one host apart
    options.Observe = role is "api";  // an api knows the conductors without being one
});

builder.AddTelemetry(role);           // does something only where OTEL_EXPORTER_OTLP_ENDPOINT names a collector

builder.Services.AddHealthChecks().AddCoordination();
builder.Services.AddProblemDetails(); // what coordination cannot do now is a 503 with problem details, without a line of ours

if (role is not "api")
{
    builder.AddNodes();               // the conductors' own tables; made under a lock, whichever replica comes first
}

if (role is not "conductor")
{
    builder.Services.AddHttpClient<ConductorCaller>().AddGroupRouting(); // each request goes to a conductor that is up
}

var app = builder.Build();

app.UseExceptionHandler();
app.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = HealthAnswer.WriteAsync });
app.MapMembers();
app.MapCoordinationDashboard();       // /coordination: the group to look at, from this machine only until it is given a policy

if (role is not "api")
{
    app.MapConductor();
}

if (role is not "conductor")
{
    // In the role "both" the plain paths are the conductor's own, so the api's stand beside them.
    app.MapApi(prefix: role is "both" ? "/api" : string.Empty);
}

await app.RunAsync();
return Environment.ExitCode;

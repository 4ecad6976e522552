using Coordination.Endpoints;
using Coordination.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Coordination.Hosting;

/// <summary>Stands around the pipeline of the application: checks its locks while it is built, before the server listens.</summary>
internal sealed class CoordinationStartup(CoordinationErrors errors) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(errors.Guard);
        next(app);
        LockCheck.Run(app.ApplicationServices);
    };
}

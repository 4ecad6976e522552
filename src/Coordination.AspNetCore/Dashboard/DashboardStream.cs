using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Coordination.Dashboard;

/// <summary>One open browser: gets, once a second, the sections that have changed, as server-sent events.</summary>
internal sealed class DashboardStream(HttpContext context, DashboardState state, TimeProvider time)
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, byte[]> _sent = [];

    public async Task RunAsync()
    {
        var stopping = context.RequestServices.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;

        // A page that stays open must not hold up the shutdown of the host.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would keep the events back
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var timer = new PeriodicTimer(Pace, time);
        try
        {
            do
            {
                await SendAsync(await state.ReadAsync(ending.Token).ConfigureAwait(false), ending.Token).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The browser has gone, or the host stops; the browser tries again by itself.
        }
    }

    private async Task SendAsync(DashboardFrame frame, CancellationToken cancellationToken)
    {
        foreach (var (name, content) in frame.Sections)
        {
            if (!ReferenceEquals(_sent.GetValueOrDefault(name), content))
            {
                // JSON as we write it has no line breaks in it, so a section is one line of data.
                await context.Response.WriteAsync($"event: {name}\ndata: ", cancellationToken).ConfigureAwait(false);
                await context.Response.Body.WriteAsync(content, cancellationToken).ConfigureAwait(false);
                await context.Response.WriteAsync("\n\n", cancellationToken).ConfigureAwait(false);
                _sent[name] = content;
            }
        }

        await context.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}

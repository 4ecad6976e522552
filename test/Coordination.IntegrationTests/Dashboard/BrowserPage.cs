using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Coordination.IntegrationTests.Dashboard;

/// <summary>A page in the browser, with everything it complained of.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _complaints = [];

    public BrowserPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
    }

    public IPage Page { get; }

    public IReadOnlyCollection<string> Complaints => _complaints;

    public ValueTask DisposeAsync() => new(_context.CloseAsync());
}

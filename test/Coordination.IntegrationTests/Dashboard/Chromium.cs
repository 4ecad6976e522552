using Coordination.IntegrationTests.Infrastructure;
using Microsoft.Playwright;

namespace Coordination.IntegrationTests.Dashboard;

/// <summary>The browser of the tests: the machine's own Chromium, shared by the tests of a class.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Variable = "COORDINATION_TEST_CHROMIUM";

    private static readonly string[] Places =
    [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium", "/opt/google/chrome/chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        @"C:\Program Files\Google\Chrome\Application\chrome.exe", @"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ];

    // For whatever the browser is asked to do: its own limits would make tests of how fast this machine is.
    private static readonly float Patience = (float)Limits.Step.TotalMilliseconds;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable(Variable) ?? Places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException(
                $"No Chromium was found for the tests of the page. Install one (Debian: apt-get install chromium), or name it in the environment variable {Variable}.");
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Patience);
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Timeout = Patience, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    /// <summary>A page of its own; what its console says and what it fails to do is written down.</summary>
    internal async Task<BrowserPage> OpenAsync(Uri url, BrowserNewContextOptions? options = null)
    {
        var context = await _browser!.NewContextAsync(options ?? new BrowserNewContextOptions());
        context.SetDefaultTimeout(Patience);
        var page = await context.NewPageAsync();
        var opened = new BrowserPage(context, page);
        await page.GotoAsync(url.ToString());
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

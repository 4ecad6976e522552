using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Coordination.Dashboard;

/// <summary>A file of the page, out of the assembly.</summary>
internal sealed class DashboardAsset
{
    /// <summary>The page itself.</summary>
    public const string Page = "index.html";

    private readonly byte[] _content;
    private readonly EntityTagHeaderValue _tag;
    private readonly string _type;

    private DashboardAsset(string name, string type)
    {
        Name = name;
        _type = type;
        using var stream = typeof(DashboardAsset).Assembly.GetManifestResourceStream($"Coordination.Dashboard.{name}")
            ?? throw new InvalidOperationException($"The assembly lacks the resource {name} of the dashboard; it was not built as it should be.");
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        _tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(_content))[..16]}\"");
    }

    public static IReadOnlyList<DashboardAsset> All { get; } =
    [
        new(Page, "text/html; charset=utf-8"),
        new("app.css", "text/css; charset=utf-8"),
        new("app.js", "text/javascript; charset=utf-8"),
        new("tables.js", "text/javascript; charset=utf-8"),
        new("times.js", "text/javascript; charset=utf-8"),
        new("icon.svg", "image/svg+xml"),
    ];

    public string Name { get; }

    /// <summary>Sends it. The browser asks each time and mostly hears that nothing has changed: after an upgrade nobody sees an old page.</summary>
    public IResult Serve(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache";
        return Results.Bytes(_content, _type, entityTag: _tag);
    }
}

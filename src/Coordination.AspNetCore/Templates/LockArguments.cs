using Microsoft.AspNetCore.Routing;

namespace Coordination.Templates;

/// <summary>The values that one call has for the placeholders: arguments by place or by name, and the values of the route.</summary>
internal readonly struct LockArguments
{
    private readonly IList<object?>? _list;
    private readonly IDictionary<string, object?>? _named;
    private readonly RouteValueDictionary? _route;

    public LockArguments(IList<object?> list, RouteValueDictionary? route) => (_list, _route) = (list, route);

    public LockArguments(IDictionary<string, object?> named, RouteValueDictionary? route) => (_named, _route) = (named, route);

    public object? Argument(int place, string name) => _list is { } list ? list[place]
        : _named!.TryGetValue(name, out var value) ? value : null;

    public object? Route(string name) => _route is not null && _route.TryGetValue(name, out var value) ? value : null;

    /// <summary>Gives the call another token, where it has been given this one.</summary>
    public void ReplaceToken(int place, string name, CancellationToken before, CancellationToken after)
    {
        if (Argument(place, name) is not CancellationToken given || given != before)
        {
            return;
        }

        if (_list is { } list)
        {
            list[place] = after;
        }
        else
        {
            _named![name] = after;
        }
    }
}

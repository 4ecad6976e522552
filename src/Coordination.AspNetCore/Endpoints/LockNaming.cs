using Coordination.Problems;
using Coordination.Templates;
using Microsoft.AspNetCore.Http;

namespace Coordination.Endpoints;

/// <summary>Makes the name of one lock for one request.</summary>
internal sealed record LockNaming(BoundTemplate? Template, Func<HttpContext, string?>? Compute)
{
    /// <summary>The name, or why there is none.</summary>
    public CoordinationProblem? TryName(HttpContext context, in LockArguments arguments, out LockName name)
    {
        name = default;
        string? missing = null;
        if ((Compute is not null ? Compute(context) : Template!.Render(arguments, out missing)) is not { } text)
        {
            return CoordinationProblem.NullPlaceholder(missing);
        }

        try
        {
            name = text;
            return null;
        }
        catch (ArgumentException e)
        {
            // The client's values make no name: too long, or no text at all.
            return CoordinationProblem.NoLockName(e.Message);
        }
    }
}

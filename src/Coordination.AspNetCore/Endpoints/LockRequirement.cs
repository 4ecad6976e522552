using Coordination.Templates;
using Microsoft.AspNetCore.Http;

namespace Coordination.Endpoints;

/// <summary>What <c>.RequireLock(…)</c> puts into the metadata.</summary>
internal sealed record LockRequirement(string Template, Func<HttpContext, string?>? Name, LockTerms Terms, LockAnswers Answers) : ILockRequirement
{
    /// <summary>How a computed name is called where its text would stand.</summary>
    public const string ComputedName = "(computed name)";

    public static LockRequirement Of(string template, Func<HttpContext, string?>? name, Action<RequireLockOptions>? configure)
    {
        var options = new RequireLockOptions();
        configure?.Invoke(options);
        return new LockRequirement(
            template,
            name,
            new LockTerms(options.Timeout ?? TimeSpan.Zero, options.Mode, options.MaxHolders, options.Key),
            new LockAnswers(options.BusyStatusCode, options.RetryAfter, options.TokenHeader));
    }
}

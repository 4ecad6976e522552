using Coordination.Templates;
using Microsoft.AspNetCore.Http;

namespace Coordination.Endpoints;

/// <summary>Endpoint metadata: the endpoint runs only under this lock. All ways to ask for one end in it.</summary>
internal interface ILockRequirement
{
    /// <summary>The name of the lock with placeholders; for a name that is computed, what to call it in messages.</summary>
    string Template { get; }

    /// <summary>Computes the name of the lock; null when <see cref="Template"/> does.</summary>
    Func<HttpContext, string?>? Name { get; }

    /// <summary>How the lock is asked for.</summary>
    LockTerms Terms { get; }

    /// <summary>What a request without it is answered.</summary>
    LockAnswers Answers { get; }
}

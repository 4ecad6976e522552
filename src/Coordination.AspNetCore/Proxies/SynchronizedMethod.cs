using Coordination.Templates;

namespace Coordination.Proxies;

/// <summary>What one method does about its locks: decided at the registration.</summary>
/// <param name="Name">What it is called in messages.</param>
/// <param name="Terms">How its locks are asked for, all of them alike.</param>
/// <param name="Templates">Their names; at least one.</param>
/// <param name="TokenPlace">The place of its CancellationToken; -1 when it has none.</param>
/// <param name="Run">Runs a call under the locks, in the way that its return type asks for.</param>
internal sealed record SynchronizedMethod(
    string Name, LockTerms Terms, IReadOnlyList<BoundTemplate> Templates, int TokenPlace, Func<SynchronizedCall, object?> Run)
{
    /// <summary>How its locks are asked for.</summary>
    public LockRequest Request { get; } = Terms.RequestFor(Name, Templates.Select(template => template.Shape));

    /// <summary>The names of the locks of a call.</summary>
    /// <exception cref="ArgumentNullException">A placeholder is null.</exception>
    public LockName[] NamesOf(object?[] arguments)
    {
        var names = new LockName[Templates.Count];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = Templates[i].Render(new LockArguments(arguments, route: null), out var missing)
                ?? throw new ArgumentNullException(missing, $"{Name} was called without a value for '{missing}', which names its lock '{Templates[i].Text}'.");
        }

        return names;
    }
}

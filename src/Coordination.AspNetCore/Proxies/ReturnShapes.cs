using System.Reflection;
using System.Runtime.CompilerServices;

namespace Coordination.Proxies;

/// <summary>How a call is run, by what its method returns.</summary>
internal static class ReturnShapes
{
    /// <summary>Why the return type cannot be run under a lock; null when it can.</summary>
    public static string? Fault(MethodInfo declared, MethodInfo implemented)
    {
        var type = declared.ReturnType;
        var plain = IsGeneric(type, typeof(Task<>)) || IsGeneric(type, typeof(ValueTask<>)) ? type.GetGenericArguments()[0] : type;
        return IsGeneric(plain, typeof(IAsyncEnumerable<>)) || IsGeneric(plain, typeof(IAsyncEnumerator<>)) || implemented.IsDefined(typeof(IteratorStateMachineAttribute))
            ? $"{plain.Name} is produced while it is read, after the call has returned and its lock is released; return a list, or take the lock around the reading"
            : type == typeof(void) && implemented.IsDefined(typeof(AsyncStateMachineAttribute)) ? "it is async void, which returns, and releases its lock, before its work is done; return a Task"
            : type.IsByRef ? "it returns a reference, which could be written to after the lock is released; return the value"
            : null;
    }

    /// <summary>Runs a call of a method with this return type; for an open generic one it is found at the call.</summary>
    public static Func<SynchronizedCall, object?> RunnerOf(Type type)
    {
        if (type == typeof(Task))
        {
            return static call => call.RunAsync(AwaitTaskAsync);
        }

        if (type == typeof(ValueTask))
        {
            return static call => new ValueTask(call.RunAsync(AwaitValueTaskAsync));
        }

        if (type.ContainsGenericParameters)
        {
            return static call => RunnerOf(call.ReturnType)(call);
        }

        var runner = IsGeneric(type, typeof(Task<>)) ? nameof(RunTaskOf) : IsGeneric(type, typeof(ValueTask<>)) ? nameof(RunValueTaskOf) : null;
        return runner is null
            ? static call => call.RunBlocking()
            : typeof(ReturnShapes)
                .GetMethod(runner, BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type.GetGenericArguments()[0])
                .CreateDelegate<Func<SynchronizedCall, object?>>();
    }

    private static object RunTaskOf<T>(SynchronizedCall call) => call.RunAsync(static inner => new ValueTask<T>((Task<T>)inner.Invoke()!));

    private static object RunValueTaskOf<T>(SynchronizedCall call) => new ValueTask<T>(call.RunAsync(static inner => (ValueTask<T>)inner.Invoke()!));

    private static async ValueTask<bool> AwaitTaskAsync(SynchronizedCall call)
    {
        await ((Task)call.Invoke()!).ConfigureAwait(false);
        return true;
    }

    private static async ValueTask<bool> AwaitValueTaskAsync(SynchronizedCall call)
    {
        await ((ValueTask)call.Invoke()!).ConfigureAwait(false);
        return true;
    }

    private static bool IsGeneric(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;
}

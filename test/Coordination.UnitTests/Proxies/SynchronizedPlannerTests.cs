using Microsoft.Extensions.DependencyInjection;

namespace Coordination.UnitTests.Proxies;

/// <summary>What is refused when a service with synchronized methods is registered.</summary>
public sealed class SynchronizedPlannerTests
{
    private interface IHealer
    {
        [Synchronized("{f_name}-{vnf}")]
        Task HealAsync(string vnf);
    }

    private interface IUnbound
    {
        [Synchronized("{other}")]
        Task HealAsync(string vnf);

        [Synchronized("{vnf.id}")]
        Task StopAsync(string vnf);
    }

    private interface ILazy
    {
        [Synchronized("a")]
        IAsyncEnumerable<int> ReadAsync();

        [Synchronized("b")]
        Task<IAsyncEnumerable<int>> OpenAsync();

        [Synchronized("c")]
        IEnumerable<int> Read();

        [Synchronized("d")]
        void Forget();
    }

    private interface IDiffering
    {
        [Synchronized("a")]
        [Synchronized("b", TimeoutSeconds = 3)]
        Task HealAsync();

        [Synchronized("c", TimeoutSeconds = -3)]
        Task StopAsync();

        [Synchronized("d", MaxHolders = 0)]
        Task StartAsync();
    }

    private interface IPlain
    {
        void Act();
    }

    [Fact]
    public void A_service_with_a_synchronized_method_is_registered_with_the_class_behind_it()
    {
        var services = new ServiceCollection().AddSynchronized<IHealer, Healer>(ServiceLifetime.Singleton);

        Assert.Equal([typeof(Healer), typeof(IHealer)], services.Select(service => service.ServiceType));
        Assert.All(services, service => Assert.Equal(ServiceLifetime.Singleton, service.Lifetime));
    }

    [Fact]
    public async Task An_interface_that_nobody_else_sees_can_be_synchronized()
    {
        await using var provider = new ServiceCollection().AddSynchronized<IHealer, Healer>(ServiceLifetime.Singleton).BuildServiceProvider();

        var service = provider.GetRequiredService<IHealer>();

        // Nobody has registered locks, so the call must fail, and not run without one.
        await Assert.ThrowsAsync<InvalidOperationException>(() => service.HealAsync("web"));
        Assert.False(provider.GetRequiredService<Healer>().Ran);
    }

    [Fact]
    public void All_locks_that_cannot_be_bound_are_named_at_once() => Refuses<IUnbound, Unbound>(
        "Unbound.HealAsync, lock '{other}': {other} is not known; known are {vnf}, {f_name}.",
        "Unbound.StopAsync, lock '{vnf.id}': String has no public property 'id'.");

    [Fact]
    public void What_is_done_after_the_call_has_returned_is_refused() => Refuses<ILazy, Lazy>(
        "Lazy.ReadAsync: IAsyncEnumerable`1 is produced while it is read",
        "Lazy.OpenAsync: IAsyncEnumerable`1 is produced while it is read",
        "Lazy.Read: IEnumerable`1 is produced while it is read",
        "Lazy.Forget: it is async void");

    [Fact]
    public void Settings_that_are_wrong_or_differ_within_a_method_are_refused() => Refuses<IDiffering, Differing>(
        "Differing.HealAsync, lock 'b': its settings differ from those of 'a'",
        "Differing.StopAsync, lock 'c': its timeout is -00:00:03",
        "Differing.StartAsync, lock 'd': MaxHolders is 0");

    [Fact]
    public void A_synchronized_method_that_the_interface_does_not_have_is_refused() =>
        Refuses<IPlain, Aside>("Aside.Hidden: it is no method of IPlain");

    [Fact]
    public void A_service_without_a_synchronized_method_is_refused() => Refuses<IPlain, Plain>("IPlain: neither it nor Plain has a method with [Synchronized]");

    [Fact]
    public void A_service_that_is_no_interface_is_refused() => Refuses<Plain, Plain>("Plain is no interface");

    private static void Refuses<TService, TImplementation>(params string[] reasons)
        where TService : class
        where TImplementation : class, TService
    {
        var refused = Assert.Throws<CoordinationConfigurationException>(() => new ServiceCollection().AddSynchronized<TService, TImplementation>());

        Assert.All(reasons, reason => Assert.Contains(reason, refused.Message, StringComparison.Ordinal));
    }

    private sealed class Healer : IHealer
    {
        public bool Ran { get; private set; }

        public Task HealAsync(string vnf)
        {
            Ran = true;
            return Task.CompletedTask;
        }
    }

    private sealed class Unbound : IUnbound
    {
        public Task HealAsync(string vnf) => Task.CompletedTask;

        public Task StopAsync(string vnf) => Task.CompletedTask;
    }

    private sealed class Lazy : ILazy
    {
        public async IAsyncEnumerable<int> ReadAsync()
        {
            await Task.Yield();
            yield return 1;
        }

        public Task<IAsyncEnumerable<int>> OpenAsync() => Task.FromResult(ReadAsync());

        public IEnumerable<int> Read()
        {
            yield return 1;
        }

        public async void Forget() => await Task.Yield();
    }

    private sealed class Differing : IDiffering
    {
        public Task HealAsync() => Task.CompletedTask;

        public Task StopAsync() => Task.CompletedTask;

        public Task StartAsync() => Task.CompletedTask;
    }

    private class Plain : IPlain
    {
        public void Act()
        {
            // Nothing is needed: it is only registered.
        }
    }

    private sealed class Aside : Plain
    {
        [Synchronized("a")]
        public void Hidden() => Act();
    }
}

namespace Coordination.UnitTests;

public sealed class LockProviderExtensionsTests
{
    [Fact]
    public async Task The_value_of_the_body_is_the_value_of_the_call()
    {
        var locks = new FreeLocks();

        var value = await locks.RunAsync("node-7", (held, _) => Task.FromResult($"{held.Name} {held.Token}"), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("node-7 1", value);
        Assert.Equal(1, locks.Released);
    }

    [Fact]
    public async Task A_body_that_fails_releases_the_lock_and_keeps_its_own_error()
    {
        var locks = new FreeLocks();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() =>
            locks.RunAsync<int>("node-7", (_, _) => throw new TimeZoneNotFoundException(), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(1, locks.Released);
    }

    /// <summary>Grants everything; counts what comes back.</summary>
    private sealed class FreeLocks : ILockProvider
    {
        public int Granted { get; private set; }

        public int Released { get; private set; }

        public ValueTask<ILockHandle> AcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<ILockHandle>(new Handle(this, name, new FencingToken(++Granted)));

        public async ValueTask<ILockHandle?> TryAcquireAsync(LockName name, LockRequest request = default, CancellationToken cancellationToken = default) =>
            await AcquireAsync(name, request, cancellationToken);

        public ValueTask<ILockHandle> AcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default) =>
            AcquireAsync(names.First(), request, cancellationToken);

        public ValueTask<ILockHandle?> TryAcquireAllAsync(IReadOnlyCollection<LockName> names, LockRequest request = default, CancellationToken cancellationToken = default) =>
            TryAcquireAsync(names.First(), request, cancellationToken);

        public ValueTask<LockStatus> InspectAsync(LockName name, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(new LockStatus(IsHeld: false, Holder: null, Since: null, Waiters: 0));

        private sealed class Handle(FreeLocks owner, LockName name, FencingToken token) : ILockHandle
        {
            public LockName Name => name;

            public FencingToken Token => token;

            public CancellationToken Lost => CancellationToken.None;

            public bool IsHeld { get; private set; } = true;

            public ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(IsHeld);

            public ValueTask<ReleaseOutcome> ReleaseAsync(CancellationToken cancellationToken = default)
            {
                owner.Released += IsHeld ? 1 : 0;
                IsHeld = false;
                return ValueTask.FromResult(ReleaseOutcome.Released);
            }

            public async ValueTask DisposeAsync() => await ReleaseAsync();
        }
    }
}

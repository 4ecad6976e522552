using Coordination.Backends.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Coordination;

/// <summary>
/// For tests of applications: a backend in memory whose clock stands still until it is moved, and whose members can be killed, silenced and cut off.
/// </summary>
/// <remarks>
/// Everything that the library promises holds on it, so what an application does when a lock is lost can be tested without a database and without
/// waiting. Hosts of one process that use one server form groups and exclude each other. What waits for a timeout waits until the clock is moved.
/// </remarks>
public sealed class CoordinationTestServer : IDisposable
{
    private static int _lastNumber;

    private readonly ManualClock _clock = new();
    private readonly MemoryServer _server;
    private int _disposed;

    /// <summary>Makes a server of its own, which nobody else uses.</summary>
    public CoordinationTestServer()
    {
        _server = MemoryServers.Open($"test-server-{Interlocked.Increment(ref _lastNumber)}");
        Url = $"memory://{_server.Name}";
    }

    /// <summary>The url of this server, for <see cref="CoordinationOptions.BackendUrl"/>.</summary>
    public string Url { get; }

    /// <summary>The clock of this server: it stands still, and <see cref="Advance"/> moves it. For the container of every host that uses the server.</summary>
    public TimeProvider Time => _clock;

    /// <summary>
    /// Puts this server and its clock in the place of what an application has configured, for all its memberships. To be called after the application's
    /// own registrations: with <c>WebApplicationFactory</c>, <c>web.ConfigureTestServices(server.Configure)</c>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    public void Configure(IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.ConfigureAll<CoordinationOptions>(options => options.BackendUrl = Url);
        services.Replace(ServiceDescriptor.Singleton(Time));
    }

    /// <summary>
    /// Moves the clock, and fires on the way everything that becomes due, in order. Heartbeats are sent and answered meanwhile: only the lease of a silenced member runs out.
    /// </summary>
    /// <param name="by">How far; not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        _clock.Advance(by);
    }

    /// <summary>
    /// Ends a member's session, as a restart of the database would: its locks are lost and free at once, and their holders are told. The member is suspect
    /// until it has connected again, which it tries by this server's clock; after <see cref="CoordinationOptions.CrashGrace"/> it is dead.
    /// </summary>
    /// <param name="memberId">The member's id: <see cref="CoordinationOptions.MemberId"/>, or <see cref="Member.Id"/>. An observer's will do.</param>
    /// <exception cref="ArgumentException">Nobody of that id is connected.</exception>
    public void LoseLocks(string memberId) => Do(memberId, _server.Kill);

    /// <summary>
    /// Cuts a member's session off without a word: nothing that it sends arrives, and nothing reaches it. It believes in its lease for nine tenths of
    /// <see cref="CoordinationOptions.LeaseTime"/>; then its locks are lost, and only then free, and the member connects again.
    /// </summary>
    /// <param name="memberId"><inheritdoc cref="LoseLocks" path="/param[@name='memberId']"/></param>
    /// <exception cref="ArgumentException">Nobody of that id is connected.</exception>
    public void Silence(string memberId) => Do(memberId, _server.Silence);

    /// <summary>
    /// Kills a member, as <c>kill -9</c> would: for everybody else it is dead at once and its locks are free. Its host, which still runs in the test, hears
    /// nothing, until it finds by its own clock that its lease is over, and joins anew.
    /// </summary>
    /// <param name="memberId"><inheritdoc cref="LoseLocks" path="/param[@name='memberId']"/></param>
    /// <exception cref="ArgumentException">Nobody of that id is connected.</exception>
    public void Kill(string memberId) => Do(memberId, _server.Bury);

    /// <summary>Forgets the server when its last host is gone too.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            MemoryServers.Close(_server);
        }
    }

    private void Do(string memberId, Func<string, bool> what)
    {
        ArgumentException.ThrowIfNullOrEmpty(memberId);
        if (!what(memberId))
        {
            throw new ArgumentException($"Nobody with the id '{memberId}' is connected to {Url}. Start its host first, and set MemberId to know its id.", nameof(memberId));
        }
    }
}

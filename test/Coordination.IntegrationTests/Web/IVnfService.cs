namespace Coordination.IntegrationTests.Web;

/// <summary>A service with locks of every kind on its methods.</summary>
public interface IVnfService
{
    [Synchronized("{f_name}-{vnf.id}")]
    Task<string> HealAsync(Vnf vnf, Func<CancellationToken, Task<string>> work, CancellationToken cancellationToken = default);

    [Synchronized("vnf-{vnf.id}", TimeoutSeconds = 0)]
    Task TryAsync(Vnf vnf, Func<CancellationToken, Task<string>> work);

    [Synchronized("vnf-{vnf.id}", TimeoutSeconds = 0.2)]
    ValueTask SoonAsync(Vnf vnf, Func<CancellationToken, Task<string>> work);

    ValueTask<T> GenericAsync<T>(string id, Func<CancellationToken, Task<T>> work);

    [Synchronized("vnf-{vnf.id}", TimeoutSeconds = 0)]
    string Sync(Vnf vnf, Func<string> work);

    string Free(string text);

    [Synchronized("vnf-{vnf.id}", Mode = LockMode.Shared)]
    Task<string> ReadAsync(Vnf vnf, Func<CancellationToken, Task<string>> work);
}

namespace Coordination.IntegrationTests.Web;

/// <summary>Does what the test says, under the locks of its interface and one of its own.</summary>
public sealed class VnfService : IVnfService
{
    public Task<string> HealAsync(Vnf vnf, Func<CancellationToken, Task<string>> work, CancellationToken cancellationToken = default) => work(cancellationToken);

    public Task TryAsync(Vnf vnf, Func<CancellationToken, Task<string>> work) => work(CancellationToken.None);

    public async ValueTask SoonAsync(Vnf vnf, Func<CancellationToken, Task<string>> work) => await work(CancellationToken.None);

    [Synchronized("first-{id}")]
    [Synchronized("second-{id}")]
    public async ValueTask<T> GenericAsync<T>(string id, Func<CancellationToken, Task<T>> work) => await work(CancellationToken.None);

    public string Sync(Vnf vnf, Func<string> work) => work();

    public string Free(string text) => text;

    public Task<string> ReadAsync(Vnf vnf, Func<CancellationToken, Task<string>> work) => work(CancellationToken.None);
}

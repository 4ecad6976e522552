namespace Conductors.Demo.Databases;

/// <summary>A PostgreSQL for one run of the demo. Disposing it leaves nothing behind, also when the start failed half-way.</summary>
internal interface IDatabase : IAsyncDisposable
{
    /// <summary>Starts it.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its URL, password included.</returns>
    /// <exception cref="DemoException">It did not start; the message says why and what to do.</exception>
    Task<string> StartAsync(CancellationToken cancellationToken);
}

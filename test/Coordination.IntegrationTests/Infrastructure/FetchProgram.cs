using System.Globalization;
using Coordination.PostgresBinaries;

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>This assembly's program when it is called with <c>fetch</c> and a major version: the binaries are in the cache afterwards.</summary>
internal static class FetchProgram
{
    private const int Failed = 1;
    private const int Unavailable = 69;

    /// <returns>0; 69 when the registry does not give them; 1 when something is wrong with them or with what was asked.</returns>
    public static async Task<int> RunAsync(string version)
    {
        try
        {
            Console.WriteLine(await BinaryFetcher.FetchAsync(int.Parse(version, CultureInfo.InvariantCulture), Console.WriteLine, CancellationToken.None));
            return 0;
        }
        catch (Exception e) when (e is FetchException or FormatException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return e is FetchException { IsUnavailable: true } ? Unavailable : Failed;
        }
    }
}

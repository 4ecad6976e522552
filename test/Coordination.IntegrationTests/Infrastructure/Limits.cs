namespace Coordination.IntegrationTests.Infrastructure;

/// <summary>Limits for a hang. What a test claims about time is compared with measured times, never with these.</summary>
internal static class Limits
{
    /// <summary>For one step: a process starts, a server answers.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(60);

    /// <summary>For something that may have to wait for a lease or two besides.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    /// <summary>For the start of a host, which gives up by itself: before the test that started it does.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromSeconds(90);

    /// <summary>For a build of a project on a machine that has other things to do.</summary>
    public static readonly TimeSpan Build = TimeSpan.FromMinutes(5);
}

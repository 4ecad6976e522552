namespace Coordination;

/// <summary>Work that is spread over the members of the group: one run for each partition that this process owns.</summary>
/// <remarks>
/// Registered by <c>AddPartitionedService</c>. One object of the class serves all partitions of this process, so runs of several
/// partitions are under way at once.
/// </remarks>
public interface IPartitionedService
{
    /// <summary>Works on one partition for as long as this process owns it.</summary>
    /// <param name="partition">0 to the number of partitions, exclusively.</param>
    /// <param name="cancellationToken">
    /// Fires when the partition moves on, the host stops, or the lease is lost. The partition moves on when the task has ended and not
    /// before: end soon. After a lost lease nobody waits for it.
    /// </param>
    /// <returns>
    /// The run. One that ends by itself is done, until the partition is assigned again. One that throws is started again, after 1 second at
    /// first and at most a minute.
    /// </returns>
    Task RunAsync(int partition, CancellationToken cancellationToken);
}

namespace Coordination;

/// <summary>How one partitioned service is spread.</summary>
public sealed class PartitionOptions
{
    /// <summary>
    /// How long a member that has come is watched before partitions move to it from owners that are alive. Members that come and go in a
    /// rolling restart then cost fewer moves. Partitions without an owner do not wait for it.
    /// </summary>
    /// <value>5 seconds; 0 to 10 minutes. The same in all members.</value>
    public TimeSpan SettleTime { get; set; } = TimeSpan.FromSeconds(5);
}

namespace Coordination.Backends;

/// <summary>What a beat brings back.</summary>
/// <param name="View">The newest view of the group.</param>
/// <param name="Standing">Whether we are still what we think we are.</param>
internal readonly record struct BeatAnswer(ViewNumber View, Standing Standing);

namespace Coordination.Operating;

/// <summary>What <c>check</c> found out about one thing.</summary>
/// <param name="Subject">The thing; one word, which does not change.</param>
/// <param name="Verdict">How it is.</param>
/// <param name="Text">In words; with the remedy where one is needed.</param>
internal sealed record Finding(string Subject, Verdict Verdict, string Text);

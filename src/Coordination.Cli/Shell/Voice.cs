namespace Coordination.Shell;

/// <summary>Where the command speaks: results on one, everything else on the other.</summary>
/// <param name="Results">Standard output.</param>
/// <param name="Remarks">Standard error.</param>
internal sealed record Voice(TextWriter Results, TextWriter Remarks)
{
    public static Voice Standard => new(Console.Out, Console.Error);

    /// <summary>Whether whoever read our results has gone.</summary>
    public bool IsUnheard => ReferenceEquals(Results, Console.Out) && Pipe.IsOutputClosed;

    /// <summary>A line for people, on standard error.</summary>
    public void Remark(string text) => Remarks.WriteLine($"coordination: {PlainText.Of(Secrets.Hide(text))}");
}

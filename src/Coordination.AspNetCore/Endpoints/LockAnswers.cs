namespace Coordination.Endpoints;

/// <summary>What a request is answered when it does not get its lock, and what when it does.</summary>
internal readonly record struct LockAnswers(int BusyStatusCode, TimeSpan RetryAfter, string? TokenHeader)
{
    public string? Fault => BusyStatusCode is < 400 or > 599
        ? $"BusyStatusCode is {BusyStatusCode}; a refusal has a status from 400 to 599, usually 409 or 423"
        : RetryAfter < TimeSpan.Zero ? $"RetryAfter is {RetryAfter}; it must not be negative" : null;
}

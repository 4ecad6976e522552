namespace Coordination.IntegrationTests.Cli;

/// <summary>What a command ended with.</summary>
internal sealed record CliResult(int Code, string Output, string Errors);

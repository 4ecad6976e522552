using Coordination.IntegrationTests.Hosting;
using Coordination.IntegrationTests.Infrastructure;
using Coordination.IntegrationTests.Replicas;

// The entry point that the test framework would generate blocks on a task, which is banned here: this one awaits it.
// Tests that need real processes start this program again as a replica; those with a WebApplicationFactory call it in this process.
return args is ["replica", ..] ? await ReplicaProgram.RunAsync(args[1..])
    : args is ["fetch", var version] ? await FetchProgram.RunAsync(version)
    : FactoryProgram.IsMeant(args) ? await FactoryProgram.RunAsync(args)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

using Coordination.IntegrationTests.Replicas;

// The entry point that the test framework would generate blocks on a task, which is banned here: this one awaits it.
// Tests that need real processes start this program again as a replica.
return args is ["replica", ..]
    ? await ReplicaProgram.RunAsync(args[1..])
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

// The entry point that the test framework would generate blocks on a task, which is banned here: this one awaits it.
return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

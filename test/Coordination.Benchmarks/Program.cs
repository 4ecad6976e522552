using System.Globalization;
using Coordination;
using Coordination.Benchmarks;
using Coordination.Benchmarks.Workers;

if (args is ["worker", var kind, var callers, var names] && Environment.GetEnvironmentVariable(BenchmarkArguments.UrlVariable) is { } url)
{
    return await Worker.RunAsync(kind, int.Parse(callers, CultureInfo.InvariantCulture), int.Parse(names, CultureInfo.InvariantCulture), url);
}

try
{
    return await BenchmarkRun.RunAsync(BenchmarkArguments.Parse(args), new Report(Console.Out));
}
catch (Exception e) when (e is ArgumentException or InvalidOperationException or CoordinationException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

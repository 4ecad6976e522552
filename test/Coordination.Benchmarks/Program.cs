using System.Globalization;
using Coordination;
using Coordination.Benchmarks;
using Coordination.Benchmarks.Members;
using Coordination.Benchmarks.Micro;
using Coordination.Benchmarks.Workers;

if (args is ["worker", var kind] && Environment.GetEnvironmentVariable(BenchmarkArguments.UrlVariable) is { } url)
{
    return await Worker.RunAsync(kind, url);
}

if (args is [MemberWorker.Word, var members, var group, var mode] && Environment.GetEnvironmentVariable(BenchmarkArguments.UrlVariable) is { } backend)
{
    return await MemberWorker.RunAsync(int.Parse(members, CultureInfo.InvariantCulture), group, Enum.Parse<HeartbeatMode>(mode), backend);
}

try
{
    if (args is [MembersRun.Word, ..])
    {
        return await MembersRun.RunAsync(args.AsMemory(1), Console.Out);
    }

    if (args is [MicroRun.Word])
    {
        return MicroRun.Run();
    }

    return await BenchmarkRun.RunAsync(BenchmarkArguments.Parse(args), new Report(Console.Out));
}
catch (Exception e) when (e is ArgumentException or InvalidOperationException or CoordinationException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

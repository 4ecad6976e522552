using BenchmarkDotNet.Attributes;

namespace Coordination.Benchmarks.Micro;

/// <summary>Whose key it is, with few members and with many: our hashing, and the ring for those who share keys with tooz.</summary>
[MemoryDiagnoser]
public class OwnerBenchmarks
{
    private GroupView? _view;
    private ToozHashRing? _ring;

    [Params(3, 200)]
    public int Members { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var members = Enumerable.Range(1, Members)
            .Select(i => new Member($"pod-{i}", i, MemberStatus.Up, DateTimeOffset.UnixEpoch, Url: null, new Dictionary<string, string>()))
            .ToList();
        _view = new GroupView(new ViewNumber(1, 1), members, [], IsReset: false);
        _ring = new ToozHashRing(members.Select(member => member.Id));
    }

    [Benchmark(Baseline = true)]
    public Member OwnerOf() => _view!.OwnerOf("order-42");

    [Benchmark]
    public string ToozRing() => _ring!.OwnerOf("order-42");
}

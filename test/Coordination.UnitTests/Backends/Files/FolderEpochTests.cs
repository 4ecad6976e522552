using Coordination.Backends;
using Coordination.Backends.Files;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>Tokens and numbers of members rise, whatever became of the folder.</summary>
public sealed class FolderEpochTests : IDisposable
{
    private static readonly LockKey Key = LockKey.Single(1);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("coordination-epoch-");

    private FolderPaths Paths => new(_root.FullName);

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void They_rise_when_the_folder_was_deleted()
    {
        var before = Draw(TimeProvider.System);
        _root.Delete(recursive: true);
        _root.Create();

        var after = Draw(TimeProvider.System);

        Assert.True(after.Token > before.Token);
        Assert.True(after.Epoch > before.Epoch);
        Assert.True(after.Member > before.Member);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void They_rise_when_the_machine_was_started_anew_with_a_clock_that_was_set_back(bool isMemoryLost)
    {
        var before = Draw(TimeProvider.System);
        StartAnew();
        if (isMemoryLost)
        {
            File.WriteAllBytes(Paths.State(Current()), []); // what the disk had of it when the power failed
        }

        var after = Draw(new SetBack());

        Assert.True(after.Token > before.Token);
        Assert.True(after.Epoch > before.Epoch);
        Assert.True(after.Member > before.Member);
    }

    [Fact]
    public void They_rise_above_all_that_was_granted_and_not_only_above_where_it_began()
    {
        Draw(TimeProvider.System);
        long last;
        using (var folder = Open(TimeProvider.System))
        {
            last = folder.Map.LastGrant += 1L << 45; // three months of a busy folder
        }

        StartAnew();

        Assert.True(Draw(new SetBack()).Token > last * Fence.Step);
    }

    [Fact]
    public void A_folder_of_the_version_whose_epochs_were_counted_is_left_when_nobody_is_in_it()
    {
        var old = WriteOld();

        var now = Draw(TimeProvider.System);

        Assert.True(now.Token > Fence.TokenOf(old.Epoch + 1, 0));
        Assert.False(File.Exists(Paths.State(old)));
    }

    [Fact]
    public void A_folder_of_that_version_is_refused_while_somebody_is_in_it_and_stays_as_it_is()
    {
        var old = WriteOld();
        using (var lifeline = KernelLock.Open(Paths.Lifeline(1024)))
        {
            Assert.True(lifeline.TryTake());
            var refusal = Assert.Throws<CoordinationUnavailableException>(() => Draw(TimeProvider.System));
            Assert.Contains("older version", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(old, Current());
            Assert.Equal(0, File.ReadAllBytes(Paths.State(old))[8]); // not retired under the feet of those who use it
        }

        Assert.NotEqual(old, Draw(TimeProvider.System).State);
    }

    [Fact]
    public void What_was_begun_by_one_that_was_killed_is_removed_and_nothing_else()
    {
        FolderProof.Prepare(_root.FullName);
        string[] begun = ["1099511627776001.1/groups", "1099511627776002.1", "5.1/state"];
        string[] others = ["2024.1", "1099511627776003.1/notes", "1099511627776004.1.old"];
        foreach (var name in begun.Concat(others))
        {
            Directory.CreateDirectory(Path.Combine(_root.FullName, name));
        }

        Directory.Delete(Path.Combine(_root.FullName, begun[2]));
        File.WriteAllBytes(Path.Combine(_root.FullName, begun[2]), []);

        Draw(TimeProvider.System);

        Assert.All(begun, name => Assert.False(Directory.Exists(Path.Combine(_root.FullName, name.Split('/')[0])), name));
        Assert.All(others, name => Assert.True(Directory.Exists(Path.Combine(_root.FullName, name)), name));
    }

    [Theory]
    [InlineData(1970)]
    [InlineData(2026)]
    [InlineData(2090)]
    public void They_fit_whatever_the_clock_says(int year)
    {
        var epoch = FolderEpoch.Next(new At(year), before: null, lastGrant: null);

        Assert.False(FolderEpoch.IsOld(epoch));
        Assert.True(checked((epoch + (1L << 40)) * Fence.Step) > 0);
    }

    private (long Token, long Member, long Epoch, FolderState State) Draw(TimeProvider time)
    {
        using var folder = Open(time);
        folder.Enter();
        var token = new FileLocks(folder, static _ => false).Try(1024, Key, LockMode.Shared);
        Assert.True(folder.TryLeave());
        return (token!.Value, ++folder.Map.LastMember, folder.State.Epoch, folder.State);
    }

    private Folder Open(TimeProvider time)
    {
        FolderProof.Prepare(_root.FullName);
        return Folder.Open(_root.FullName, time);
    }

    private FolderState Current() => FolderFile.Read(Paths.Current, FolderJson.Default.FolderState)!;

    private void StartAnew() => FolderFile.Write(Paths.Current, Current() with { Boot = "another start" }, FolderJson.Default.FolderState);

    private FolderState WriteOld()
    {
        FolderProof.Prepare(_root.FullName);
        var old = new FolderState("this start", 3, 1);
        Directory.CreateDirectory(Paths.Groups(old));
        File.WriteAllBytes(Paths.State(old), [0x43, 0x6f, 0x6f, 0x72, 0x64, 0x30, 0x31, 0, .. new byte[4096]]);
        FolderFile.Write(Paths.Current, old, FolderJson.Default.FolderState);
        return old;
    }

    private sealed class At(int year) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }

    private sealed class SetBack : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddYears(-1);
    }
}

using Coordination.Backends.Files;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>Words that are written without the mutex.</summary>
public sealed class StateMapTests
{
    private const long Stray = long.MaxValue / 2;

    [Fact]
    public void A_late_stamp_of_a_session_that_is_over_lands_in_nobody_elses_slot()
    {
        using var table = new TemporaryTable();
        var map = table.Folder.Map;
        var (late, isOver) = (-1L, false); // nobody's: 0 is what a free slot has
        var stamper = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                map.TryWriteHeartbeat(0, Volatile.Read(ref late), Stray);
            }
        });
        stamper.Start();
        try
        {
            // A slot that changes hands under the stamps of the one before, at every place between its look and its write.
            for (var i = 1L; i < 300_000; i++)
            {
                map.WriteSession(0, new SessionSlot { Number = 2 * i, HeardAt = 2 * i });
                Volatile.Write(ref late, 2 * i);
                map.FreeSession(0);
                map.WriteSession(0, new SessionSlot { Number = (2 * i) + 1, HeardAt = (2 * i) + 1 });
                Thread.SpinWait((int)(i % 16));
                Assert.Equal((2 * i) + 1, map.ReadHeartbeat(0));
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            stamper.Join();
        }
    }

    [Fact]
    public void Whoever_is_condemned_beats_no_more_and_whoever_has_beaten_meanwhile_is_not_condemned()
    {
        using var table = new TemporaryTable();
        var map = table.Folder.Map;
        map.WriteSession(3, new SessionSlot { Number = 7, HeardAt = 100 });

        Assert.True(map.TryWriteHeartbeat(3, 7, 200));
        Assert.False(map.TryCondemn(3, heard: 100));
        Assert.True(map.TryCondemn(3, heard: 200));
        Assert.False(map.TryWriteHeartbeat(3, 7, 300));
        Assert.Equal(SessionSlot.Condemned, map.ReadHeartbeat(3));
    }
}

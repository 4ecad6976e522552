using Coordination.Running;

namespace Coordination.UnitTests.Cli;

/// <summary>Every way in which a command under a lock can end.</summary>
public sealed class EndingTests
{
    [Theory]
    [InlineData(0, null, true, 0, false, true, 0)]
    [InlineData(7, null, true, 0, false, true, 7)]
    [InlineData(137, null, true, 0, false, true, 137)] // the command, or its guard and the command with it
    [InlineData(134, null, true, 0, false, true, 134)]
    [InlineData(255, null, true, 0, false, true, 255)]
    [InlineData(7, null, true, 15, false, true, 7)] // a signal that came when it had begun is the command's
    [InlineData(143, null, false, 15, false, true, null)]
    [InlineData(143, null, false, 15, false, false, null)] // nothing ran: whether there was a lock to lose, nobody asks
    [InlineData(143, null, false, 15, true, false, 137)]
    [InlineData(70, "The guard of the command ended (137) before the command began. Nothing was run under 'x'; run it again.", false, 0, false, true, 137)]
    [InlineData(70, "The guard of the command ended (70) before the command began. Nothing was run under 'x'; run it again.", false, 0, false, true, 70)]
    [InlineData(76, "'x' was lost. Why. The command had not begun.", false, 0, false, true, null)]
    [InlineData(76, "'x' was lost. Why. The command had not begun.", false, 0, false, false, null)]
    [InlineData(76, "'x' was lost. Why. The command had not begun.", false, 0, true, false, 137)]
    [InlineData(76, "'x' was lost. Why. The command was ended; check what it has done.", true, 0, true, false, 137)]
    [InlineData(76, "'x' was lost. Why. The command was ended; check what it has done.", true, 0, true, true, 0)] // a late heartbeat saves the lock, not the command
    [InlineData(76, "'x' was lost. Why. The command was ended by signal 9, and others may have had the lock before; check what it has done.", true, 0, false, false, 137)]
    [InlineData(76, "'x' was lost. Why. The command had ended with 0, but others may have had the lock before; check what it has done.", true, 0, false, false, 0)]
    [InlineData(76, "'x' was lost. Why. The command had ended with 255, but others may have had the lock before; check what it has done.", true, 0, false, false, 255)]
    public void Each_has_its_code_and_its_words(int code, string? words, bool hasBegun, int signal, bool isLost, bool isHeld, int? ended)
    {
        var ending = new Ending { HasBegun = hasBegun, Signal = signal, IsLost = isLost, IsHeld = isHeld, Code = ended, Survivors = [] };

        Assert.Equal((code, words), ending.Tell("x", "Why."));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void What_could_not_be_ended_is_named_and_makes_it_a_loss(bool isLost, bool isHeld)
    {
        var ending = new Ending { HasBegun = true, IsLost = isLost, IsHeld = isHeld, Code = 137, Survivors = [12, 13] };

        var (code, words) = ending.Tell("x", "Why.");

        Assert.Equal(76, code);
        Assert.Equal(
            "'x' was lost. Why. The command could not be ended: of it there is left, as another user, process 12, 13. It is at work without the lock: end it as that user or as root, and check what it has done.",
            words);
    }
}

using Coordination.Commands;
using Coordination.Shell;

namespace Coordination.UnitTests.Cli;

public sealed class CommandTreeTests
{
    [Theory]
    [InlineData("")]
    [InlineData("bogus")]
    [InlineData("run")]
    [InlineData("run name extra")]
    [InlineData("run name --wait soon")]
    [InlineData("run name --wait")]
    [InlineData("run name --wait 5s --no-wait")]
    [InlineData("run name --lease 0s")]
    [InlineData("run name --conflict-exit-code 256")]
    [InlineData("run name --conflict-exit-code x")]
    [InlineData("run name --key-format Zoot")]
    [InlineData("run name --connect-timeout 0")]
    [InlineData("run name --unknown")]
    [InlineData("elect")]
    [InlineData("elect role --wait 5s")]
    [InlineData("members extra")]
    [InlineData("members -o xml")]
    [InlineData("locks -o")]
    [InlineData("schema")]
    [InlineData("evict")]
    [InlineData("release --yes")]
    public async Task What_cannot_be_understood_is_said_on_standard_error_and_answered_with_64(string line)
    {
        var (results, remarks) = (new StringWriter(), new StringWriter());

        var code = await CommandTree.InvokeAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), ["true"], new Voice(results, remarks));

        Assert.Equal(ExitCodes.Usage, code);
        Assert.Empty(results.ToString());
        Assert.StartsWith("coordination: ", remarks.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run name")]
    [InlineData("run name --wait 5s --shared -E 0 --kill-after 1s --settle 0 --lease 30s")]
    [InlineData("run name --no-wait --url postgresql://db/x -g orders --schema s --lock-prefix p --key-format Tooz --allow-pooler Session")]
    [InlineData("run @name")]
    [InlineData("elect role --kill-after 1s")]
    [InlineData("members")]
    [InlineData("locks -o wide")]
    [InlineData("waiters --output json --watch")]
    [InlineData("leaders -o name -w")]
    [InlineData("history -o table")]
    [InlineData("lost -o wide")]
    [InlineData("top -g orders")]
    [InlineData("check")]
    [InlineData("schema show --sql")]
    [InlineData("schema apply")]
    [InlineData("evict pod-1 --yes --reason stuck")]
    [InlineData("release order-7 --force --yes --reason stuck")]
    public void What_is_offered_is_understood(string line) =>
        Assert.Empty(CommandTree.Parse(line.Split(' '), ["true"], new Voice(TextWriter.Null, TextWriter.Null)).Errors);

    [Fact]
    public void What_stands_behind_the_dashes_is_not_looked_into()
    {
        var (ours, command) = CommandSplit.Of(["run", "name", "--", "sh", "--wait", "--", "-c", "@x"]);

        Assert.Equal(["run", "name"], ours);
        Assert.Equal(["sh", "--wait", "--", "-c", "@x"], command!);
        Assert.Null(CommandSplit.Of(["members"]).Command);
    }
}

using Coordination.IntegrationTests.Infrastructure;

namespace Coordination.IntegrationTests.Contracts;

public sealed class FileMembershipContract(TemporaryFolder folder) : MembershipContract, IClassFixture<TemporaryFolder>
{
    protected override string BackendUrl => folder.Url;

    /// <summary>Tidies away the file that says that it lives: it gives its session up, and says so to the others.</summary>
    protected override async Task LoseSessionAsync(string memberId)
    {
        var card = Directory.EnumerateFiles(Path.Combine(folder.Path, "sessions"), "*.json")
            .Single(file => File.ReadAllText(file) is var text && text.Contains($"\"{memberId}\"", StringComparison.Ordinal) && text.Contains($"\"{GroupName}\"", StringComparison.Ordinal));
        File.Delete(Path.ChangeExtension(card, "lock"));
        await Eventually.BecomesTrueAsync(() => Task.FromResult(!File.Exists(card)), "the session is over");
    }
}

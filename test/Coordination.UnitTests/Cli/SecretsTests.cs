using Coordination.Shell;

namespace Coordination.UnitTests.Cli;

public sealed class SecretsTests
{
    [Theory]
    [InlineData("postgresql://app:sesame@db/orders")]
    [InlineData("cannot read 'postgresql://app:sesame@db/orders', try again")]
    [InlineData("postgresql://app:ses@sesame@db/orders")]
    [InlineData("postgresql://app:sesame:sesame@db")]
    [InlineData("Host=db;Password=sesame;Database=orders")]
    [InlineData("Host=db;PWD = sesame")]
    [InlineData("password='open sesame' host=db")]
    [InlineData("http://u:sesame@a/ and http://u:sesame@b/")]
    public void A_password_is_hidden(string text) => Assert.DoesNotContain("sesame", Secrets.Hide(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("'report' was lost. No heartbeat was answered for 9 s.")]
    [InlineData("postgresql://db:5432/orders is away: Connection refused.")]
    [InlineData("write to ops@example.org")]
    public void Other_text_stays_as_it_is(string text) => Assert.Equal(text, Secrets.Hide(text));
}

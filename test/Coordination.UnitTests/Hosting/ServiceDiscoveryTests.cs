using Coordination.Hosting;
using Coordination.UnitTests.Membership;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace Coordination.UnitTests.Hosting;

public sealed class ServiceDiscoveryTests
{
    private readonly ServiceDiscoverySource _source = new();

    [Fact]
    public void Members_that_are_up_stand_under_their_schemes_in_order_of_their_numbers()
    {
        var read = ServiceDiscoverySource.Read("conductors", Members.View(
            1,
            At("http://10.0.0.1:8080/", 1),
            At("https://10.0.0.2/", 2),
            At("http://10.0.0.3:8080/base/", 3),
            At("http://10.0.0.4/", 4, MemberStatus.Leaving),
            At("http://10.0.0.5/", 5, MemberStatus.Suspect),
            Members.Named("m6", 6)));

        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["Services:conductors:http:0"] = "http://10.0.0.1:8080",
                ["Services:conductors:http:1"] = "http://10.0.0.3:8080/base",
                ["Services:conductors:https:0"] = "https://10.0.0.2",
            },
            read);
    }

    [Fact]
    public void A_view_that_changes_what_is_shown_reloads_and_one_that_does_not_does_not()
    {
        var configuration = ServiceDiscovery.Join(configuration: null, _source);
        var reloads = 0;
        using var watch = ChangeToken.OnChange(configuration.GetReloadToken, () => reloads++);

        _source.Show("conductors", Members.View(1, At("http://10.0.0.1/", 1)));
        Assert.Equal("http://10.0.0.1", configuration["Services:conductors:http:0"]);
        Assert.Equal(1, reloads);
        _source.Show("conductors", Members.View(2, At("http://10.0.0.1/", 1), Members.Named("m2", 2)));
        Assert.Equal(1, reloads);
        _source.Show("conductors", Members.View(3, At("http://10.0.0.3/", 3)));
        Assert.Equal(2, reloads);
        Assert.Equal(["http://10.0.0.3"], configuration.GetSection("services:CONDUCTORS:http").Get<string[]>()!);
        _source.Show("conductors", Members.View(4));
        Assert.False(configuration.GetSection("Services").Exists());
    }

    [Fact]
    public void A_configuration_that_grows_shows_them_itself_and_another_one_is_joined_with_them()
    {
        using var growing = new ConfigurationManager();
        Assert.Same(growing, ServiceDiscovery.Join(growing, _source));
        var built = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("other", "stays")]).Build();
        var joined = ServiceDiscovery.Join(built, _source);

        _source.Show("conductors", Members.View(1, At("http://10.0.0.1/", 1)));

        Assert.Equal("http://10.0.0.1", growing["Services:conductors:http:0"]);
        Assert.Equal("http://10.0.0.1", joined["Services:conductors:http:0"]);
        Assert.Equal("stays", joined["other"]);
    }

    [Fact]
    public async Task Every_kind_of_host_shows_them_whatever_the_order_of_registration()
    {
        var fresh = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        fresh.AddCoordination(configure: options => Configure(options)).AddServiceDiscovery().AddServiceDiscovery();
        await ShowsAsync(fresh.Build(), fresh.Configuration);

        var classic = new HostBuilder().ConfigureServices(services => services.AddCoordination(Configure).AddServiceDiscovery());
        await ShowsAsync(classic.Build(), seenBy: null);

        static void Configure(CoordinationOptions options) =>
            (options.BackendUrl, options.Group, options.AdvertisedUrl) = ($"memory://discovery-{Guid.NewGuid():N}", "conductors", "http://10.0.0.1:8080");
    }

    private static async Task ShowsAsync(IHost host, IConfiguration? seenBy)
    {
        using (host)
        {
            await host.StartAsync(TestContext.Current.CancellationToken);

            Assert.Equal("http://10.0.0.1:8080", (seenBy ?? host.Services.GetRequiredService<IConfiguration>())["Services:conductors:http:0"]);
            Assert.Single(host.Services.GetServices<IHostedService>().OfType<ServiceDiscovery>());

            await host.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    private static Member At(string url, long number, MemberStatus status = MemberStatus.Up) => Members.Named($"m{number}", number, status) with { Url = new Uri(url) };
}

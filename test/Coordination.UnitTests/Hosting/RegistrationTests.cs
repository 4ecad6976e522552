using Coordination.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Coordination.UnitTests.Hosting;

[Collection(ProcessWide.Name)]
public sealed class RegistrationTests : IDisposable
{
    private readonly string? _variable = Environment.GetEnvironmentVariable(SettingPlaces.Variable);

    public RegistrationTests() => Environment.SetEnvironmentVariable(SettingPlaces.Variable, null);

    public void Dispose() => Environment.SetEnvironmentVariable(SettingPlaces.Variable, _variable);

    [Fact]
    public void One_call_registers_everything()
    {
        using var services = Build(services => services.AddCoordination(o => o.BackendUrl = "memory://registration"));

        Assert.NotNull(services.GetService<ILockProvider>());
        Assert.NotNull(services.GetService<IGroupMembership>());
        Assert.Same(services.GetService<IGroupMembership>(), services.GetService<IGroupMembership>());
        Assert.Same(TimeProvider.System, services.GetService<TimeProvider>());
    }

    [Fact]
    public void Calling_twice_registers_nothing_twice_and_both_delegates_apply()
    {
        var services = new ServiceCollection();
        services.AddCoordination(o => o.BackendUrl = "memory://first");
        var count = services.Count;

        services.AddCoordination();
        Assert.Equal(count, services.Count);

        services.AddCoordination(o => (o.BackendUrl, o.Group) = ("memory://second", o.BackendUrl));
        using var provider = services.BuildServiceProvider();

        Assert.Single(services, service => service.ServiceType == typeof(IHostedService));
        Assert.Equal(("memory://second", "memory://first"), (Options(provider).BackendUrl, Options(provider).Group));
    }

    [Fact]
    public void Memberships_with_and_without_a_key_live_side_by_side()
    {
        using var services = Build(services =>
        {
            services.AddCoordination(o => (o.BackendUrl, o.Group) = ("memory://plain", "plain"));
            services.AddKeyedCoordination("billing", o => (o.BackendUrl, o.Group) = ("memory://billing", "billing"));
            services.AddKeyedCoordination("stock", o => (o.BackendUrl, o.Group) = ("memory://stock", "stock"));
        });

        Assert.Equal("plain", services.GetRequiredService<IGroupMembership>().Group);
        Assert.Equal("billing", services.GetRequiredKeyedService<IGroupMembership>("billing").Group);
        Assert.Equal("stock", services.GetRequiredKeyedService<IGroupMembership>("stock").Group);
        Assert.NotSame(services.GetRequiredKeyedService<ILockProvider>("billing"), services.GetRequiredKeyedService<ILockProvider>("stock"));
    }

    [Fact]
    public void What_the_application_registered_before_stays()
    {
        var time = new ManualTime();
        using var services = Build(services =>
        {
            services.AddSingleton<TimeProvider>(time);
            services.AddCoordination(o => o.BackendUrl = "memory://registration");
        });

        Assert.Same(time, services.GetRequiredService<TimeProvider>());
    }

    [Fact]
    public void The_builder_tells_services_and_key()
    {
        var services = new ServiceCollection();

        Assert.Same(services, services.AddCoordination().Services);
        Assert.Null(services.AddCoordination().Key);
        Assert.Equal("billing", services.AddKeyedCoordination("billing").Key);
    }

    [Fact]
    public void The_first_place_that_has_a_url_wins_and_the_delegate_overrides_them_all()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Coordination:BackendUrl"] = "memory://section",
            ["ConnectionStrings:coordination"] = "memory://connection",
            ["COORDINATION_URI"] = "memory://configuration",
        };
        Environment.SetEnvironmentVariable(SettingPlaces.Variable, "memory://environment");

        Assert.Equal("memory://delegate", Url(settings, o => o.BackendUrl = "memory://delegate"));
        Assert.Equal("memory://section", Url(settings));
        Assert.Equal("memory://connection", Url(Without(settings, "Coordination:BackendUrl")));
        Assert.Equal("memory://configuration", Url(Without(settings, "ConnectionStrings:coordination")));
        Assert.Equal("memory://environment", Url(Without(settings, "COORDINATION_URI")));
    }

    [Fact]
    public void A_keyed_membership_reads_places_of_its_own()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Coordination:BackendUrl"] = "memory://plain",
            ["Coordination:billing:BackendUrl"] = "memory://section",
            ["Coordination:billing:LeaseTime"] = "00:00:05",
            ["ConnectionStrings:stock"] = "memory://stock",
        };
        using var services = Build(
            services =>
            {
                services.AddKeyedCoordination("billing");
                services.AddKeyedCoordination("stock");
            },
            settings);
        var options = services.GetRequiredService<IOptionsMonitor<CoordinationOptions>>();

        Assert.Equal(("memory://section", TimeSpan.FromSeconds(5)), (options.Get("billing").BackendUrl, options.Get("billing").LeaseTime));
        Assert.Equal(("memory://stock", TimeSpan.FromSeconds(10)), (options.Get("stock").BackendUrl, options.Get("stock").LeaseTime));
    }

    [Fact]
    public void Every_option_can_come_from_the_section()
    {
        var settings = new Dictionary<string, string?>
        {
            ["Coordination:BackendUrl"] = "memory://section",
            ["Coordination:Group"] = "g",
            ["Coordination:Metadata:zone"] = "a",
            ["Coordination:StartupMode"] = "background",
            ["Coordination:HeartbeatInterval"] = "00:00:01.5",
            ["Coordination:Observe"] = "true",
        };
        using var services = Build(services => services.AddCoordination(), settings);
        var options = Options(services);

        Assert.Equal(("g", "a", StartupMode.Background, true), (options.Group, options.Metadata["zone"], options.StartupMode, options.Observe));
        Assert.Equal(TimeSpan.FromSeconds(1.5), options.HeartbeatInterval);
    }

    [Fact]
    public void The_host_builder_names_its_connection_string()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:orders"] = "memory://orders" });

        builder.AddCoordination("orders", o => o.Group = "g");

        using var host = builder.Build();
        Assert.Equal(("memory://orders", "g"), (Options(host.Services).BackendUrl, Options(host.Services).Group));
    }

    [Theory]
    [InlineData("Staging")]
    [InlineData("Production")]
    public async Task With_nothing_configured_the_host_does_not_start_and_says_where_it_looked(string environment)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment });
        builder.AddCoordination("orders");
        builder.Services.AddKeyedCoordination("billing");
        using var host = builder.Build();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync(TestContext.Current.CancellationToken));

        string[] places = ["'Coordination:BackendUrl'", "'ConnectionStrings:orders'", "'Coordination:billing:BackendUrl'", "'ConnectionStrings:billing'", "COORDINATION_URI"];
        Assert.All(places, place => Assert.Contains(place, error.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Services_that_are_used_without_a_host_are_validated_too()
    {
        using var services = Build(services => services.AddCoordination());

        var error = Assert.Throws<OptionsValidationException>(() => services.GetService<ILockProvider>());

        Assert.Contains("BackendUrl is not set", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_that_cannot_be_read_is_a_fault_among_the_others()
    {
        var settings = new Dictionary<string, string?> { ["Coordination:BackendUrl"] = "redis://u:secret@h", ["Coordination:LeaseTime"] = "soon" };
        using var services = Build(services => services.AddCoordination(), settings);

        var error = Assert.Throws<OptionsValidationException>(() => Options(services));

        Assert.Equal(2, error.Failures.Count());
        Assert.Contains("Coordination:LeaseTime", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_health_check_has_its_name_and_tags_by_default()
    {
        using var services = Build(services =>
        {
            services.AddCoordination(o => o.BackendUrl = "memory://registration");
            services.AddHealthChecks().AddCoordination().AddKeyedCoordination("billing").AddCoordination("x", HealthStatus.Degraded, ["y"], TimeSpan.FromSeconds(1));
        });

        var checks = services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.Equal(["coordination", "coordination-billing", "x"], checks.Select(check => check.Name));
        Assert.All(checks.Take(2), check => Assert.True(check.Tags.SetEquals(["ready", "coordination"])));
        Assert.Equal((HealthStatus.Degraded, "y", TimeSpan.FromSeconds(1)), (checks.Last().FailureStatus, checks.Last().Tags.Single(), checks.Last().Timeout));
    }

    private static ServiceProvider Build(Action<IServiceCollection> add, Dictionary<string, string?>? settings = null)
    {
        var services = new ServiceCollection();
        if (settings is not null)
        {
            services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        }

        add(services);
        return services.BuildServiceProvider();
    }

    private static string? Url(Dictionary<string, string?> settings, Action<CoordinationOptions>? configure = null)
    {
        using var services = Build(services => services.AddCoordination(configure), settings);
        return Options(services).BackendUrl;
    }

    private static Dictionary<string, string?> Without(Dictionary<string, string?> settings, string key)
    {
        settings.Remove(key);
        return settings;
    }

    private static CoordinationOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<CoordinationOptions>>().Value;
}

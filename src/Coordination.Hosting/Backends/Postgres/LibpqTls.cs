using Npgsql;

namespace Coordination.Backends.Postgres;

/// <summary>What a libpq URI says about TLS, with libpq's meaning: <c>require</c> encrypts, and verifies only against a root certificate that is given.</summary>
internal sealed class LibpqTls(ICollection<string> faults)
{
    private static readonly string[] Modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    private string? _mode;
    private bool _direct;

    public string? RootCertificate { get; set; }

    public string? Certificate { get; set; }

    public string? Key { get; set; }

    public string? KeyPassword { get; set; }

    /// <summary>JDBC's way to say <c>sslmode=require</c>, which libpq understands too.</summary>
    public void Ssl(UrlParameter parameter)
    {
        if (parameter.Value != "true")
        {
            faults.Add($"Parameter 'ssl' of BackendUrl is {parameter.ShownValue}; it can only be true. Use sslmode instead.");
        }

        SetMode("require");
    }

    public void Mode(UrlParameter parameter)
    {
        if (!Modes.Contains(parameter.Value))
        {
            faults.Add($"Parameter 'sslmode' of BackendUrl is {parameter.ShownValue}; it must be one of {string.Join(", ", Modes)}.");
        }

        SetMode(parameter.Value);
    }

    public void Negotiation(UrlParameter parameter)
    {
        _direct = parameter.Value == "direct";
        if (parameter.Value is not ("direct" or "postgres"))
        {
            faults.Add($"Parameter 'sslnegotiation' of BackendUrl is {parameter.ShownValue}; it must be postgres or direct.");
        }
    }

    public void Apply(NpgsqlConnectionStringBuilder builder)
    {
        var mode = _mode ?? (RootCertificate == "system" ? "verify-full" : "prefer");
        Check(mode);
        builder.SslMode = mode switch
        {
            "disable" => SslMode.Disable,
            "allow" => SslMode.Allow,
            "require" => RootCertificate is null ? SslMode.Require : SslMode.VerifyCA,
            "verify-ca" => SslMode.VerifyCA,
            "verify-full" => SslMode.VerifyFull,
            _ => SslMode.Prefer,
        };
        builder.SslNegotiation = _direct ? SslNegotiation.Direct : SslNegotiation.Postgres;
        builder.SslCertificate = Certificate;
        builder.SslKey = Key;
        builder.SslPassword = KeyPassword;

        // "system" is what Npgsql does when it is given no root certificate.
        builder.RootCertificate = RootCertificate == "system" ? null : RootCertificate;
    }

    private void SetMode(string mode)
    {
        if (_mode is not null && _mode != mode)
        {
            faults.Add("BackendUrl has ssl=true and another sslmode. Keep sslmode.");
        }

        _mode = mode;
    }

    private void Check(string mode)
    {
        if (RootCertificate == "system" && mode != "verify-full")
        {
            faults.Add($"BackendUrl has sslrootcert=system with sslmode={mode}; that needs sslmode=verify-full.");
        }
        else if (RootCertificate is not null && mode is "disable" or "allow" or "prefer")
        {
            faults.Add(
                $"BackendUrl has sslrootcert, but sslmode is {mode}, which verifies nothing. Set sslmode=verify-full (or verify-ca).");
        }

        if (_direct && mode is "disable" or "allow" or "prefer")
        {
            faults.Add($"BackendUrl has sslnegotiation=direct, but sslmode is {mode}, which may go without TLS. Set sslmode=require or stricter.");
        }

        if (mode == "disable" && (Certificate ?? Key ?? KeyPassword) is not null)
        {
            faults.Add("BackendUrl has sslmode=disable together with sslcert, sslkey or sslpassword. Remove one side.");
        }
        else if (Certificate is null && (Key ?? KeyPassword) is not null)
        {
            faults.Add("BackendUrl has sslkey or sslpassword without sslcert. Add the certificate that they belong to.");
        }
    }
}

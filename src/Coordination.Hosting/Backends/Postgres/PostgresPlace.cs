using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Backends.Postgres;

/// <summary>The server and how to reach it, the same for all sessions of a process.</summary>
/// <param name="Settings">Where it is.</param>
/// <param name="Connector">How to connect.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">Where to log.</param>
/// <param name="Telemetry">Who measures.</param>
internal sealed record PostgresPlace(PostgresSettings Settings, PostgresConnector Connector, TimeProvider Time, ILogger Logger, Telemetry Telemetry);

using System.Globalization;
using Coordination.Connecting;
using Coordination.Shell;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Coordination.Reading;

/// <summary>A group on a terminal, once a second, until somebody stops it.</summary>
internal sealed class Top(Place place, IAnsiConsole console)
{
    private const int MostRows = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task<int> ShowAsync(CancellationToken cancellationToken)
    {
        if (!console.Profile.Out.IsTerminal)
        {
            throw CliFault.Usage("top needs a terminal. For a file or another program: coordination members --watch -o json.");
        }

        var gate = Gate.To(place);
        await using var closing = gate.ConfigureAwait(false);
        var report = await gate.ReadAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await console.Live(Draw(report, fault: null)).StartAsync(async live =>
            {
                using var pause = new PeriodicTimer(Pause, TimeProvider.System);
                while (await pause.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
                {
                    string? fault = null;
                    try
                    {
                        report = await gate.ReadAsync(cancellationToken).ConfigureAwait(false);
                    }
                    catch (Exception e) when (Faults.Read(e) is (ExitCodes.Unavailable, var said))
                    {
                        fault = Secrets.Hide(said);
                    }

                    live.UpdateTarget(Draw(report, fault));
                }
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how it ends.
        }

        return ExitCodes.Success;
    }

    /// <summary>All there is to see; pure.</summary>
    public static IRenderable Draw(GroupReport report, string? fault)
    {
        List<IRenderable> parts =
        [
            new Text(string.Create(CultureInfo.InvariantCulture,
                $"{PlainText.Of(report.Group)}  view {report.View}  {report.Members.Count} members  {report.Observers.Count} observers  {report.LockCount} locks  {report.WaitCount} waits  server {PlainText.Of(report.ServerVersion)}  {report.ServerTime:HH:mm:ss}"),
                new Style(decoration: Decoration.Bold)),
        ];
        if (fault is not null)
        {
            parts.Add(new Text(fault, new Style(Color.Red)));
        }

        foreach (var listing in (IListing[])[Listings.Members, Listings.Locks, Listings.Waiters, Listings.Leaders, Listings.History])
        {
            var rows = listing.Table(report, isWide: false);
            if (rows.Count > 1)
            {
                parts.Add(Table(rows, isNewestLast: listing == Listings.History));
            }
        }

        return new Rows(parts);
    }

    private static Table Table(IReadOnlyList<IReadOnlyList<string>> rows, bool isNewestLast)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        foreach (var header in rows[0])
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(Color.Grey))) { NoWrap = true });
        }

        foreach (var row in isNewestLast ? rows.Skip(int.Max(1, rows.Count - MostRows)) : rows.Skip(1).Take(MostRows))
        {
            table.AddRow(row.Select(static cell => (IRenderable)new Text(cell, StyleOf(cell))));
        }

        return table;
    }

    private static Style StyleOf(string cell) => cell switch
    {
        nameof(MemberStatus.Suspect) or nameof(MemberChangeKind.Died) or nameof(MemberChangeKind.Suspected) => new Style(Color.Red),
        nameof(MemberStatus.Leaving) or nameof(MemberStatus.Joining) => new Style(Color.Yellow),
        nameof(MemberStatus.Up) => new Style(Color.Green),
        _ => Style.Plain,
    };
}

using Coordination.Backends;
using Coordination.Backends.Files;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.UnitTests.Backends.Files;

public sealed class FileLocksTests
{
    private const int Sessions = 4;
    private const int Modes = 2;
    private static readonly LockKey[] Keys = [LockKey.Single(1), LockKey.Single(2), LockKey.Pair(0, 1)];
    private static readonly Step[] Steps = Enum.GetValues<Step>();

    private enum Step
    {
        Try = 0,
        Wait = 1,
        Release = 2,
        Withdraw = 3,
        Die = 4,

        /// <summary>Somebody is killed between two writes of a release; the burial serves the lines.</summary>
        KilledInRelease = 5,

        /// <summary>The others go on with a copy.</summary>
        Copy = 6,
    }

    [Fact]
    public void Whatever_is_done_in_whatever_order_the_table_says_what_a_plain_line_says_and_tokens_rise()
    {
        var step = from kind in Gen.Elements(Steps)
                   from session in Gen.Choose(1, Sessions)
                   from key in Gen.Choose(0, Keys.Length - 1)
                   from mode in Gen.Choose(0, Modes - 1)
                   select (kind, (long)session, key, (LockMode)mode);
        Prop.ForAll(step.ListOf(60).ToArbitrary(), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public void A_line_whose_server_was_killed_after_it_had_freed_the_key_is_served_by_the_next_look()
    {
        using var table = new TemporaryTable();
        Assert.NotNull(table.Locks.Try(1, Keys[0], LockMode.Exclusive));
        var place = table.Locks.Wait(2, Keys[0], LockMode.Exclusive);
        table.Folder.Map.Remove(Keys[0], Held(table, 1, Keys[0]));
        Assert.Equal(RecordState.Waiting, table.Folder.Map.ReadState(place));

        table.Locks.ServeAll();

        Assert.Equal(RecordState.Held, table.Folder.Map.ReadState(place));
    }

    [Fact]
    public void A_waiter_whose_grant_was_begun_by_one_that_was_killed_stays_the_first_in_line()
    {
        using var table = new TemporaryTable();
        Assert.NotNull(table.Locks.Try(1, Keys[0], LockMode.Exclusive));
        var chosen = table.Locks.Add(FileLocks.New(2, Keys[0], LockMode.Exclusive) with { State = RecordState.Waiting, Number = table.Locks.NextToken() });
        var next = table.Locks.Wait(3, Keys[0], LockMode.Exclusive);

        Assert.True(table.Locks.Release(1, Keys[0], Keys[0]));

        Assert.Equal(RecordState.Held, table.Folder.Map.ReadState(chosen));
        Assert.Equal(RecordState.Waiting, table.Folder.Map.ReadState(next));
    }

    [Fact]
    public void A_killed_ones_records_go_also_when_it_was_killed_before_they_were_in_the_chain()
    {
        using var table = new TemporaryTable();
        var map = table.Folder.Map;
        var place = map.Add(Keys[1], FileLocks.New(1, Keys[0], LockMode.Exclusive) with { State = RecordState.Held }); // not in the one in which it is looked for

        table.Locks.ReleaseAll(1);

        Assert.Equal(RecordState.Free, map.ReadState(place));
        Assert.Empty(map.Records());
    }

    [Fact]
    public void A_full_table_refuses_and_goes_on_when_something_is_freed()
    {
        using var table = new TemporaryTable();
        for (var i = 1; i < StateMap.MostRecords; i++)
        {
            table.Locks.Add(FileLocks.New(1, LockKey.Single(i), LockMode.Exclusive) with { State = RecordState.Held });
        }

        var refusal = Assert.Throws<CoordinationException>(() => table.Locks.Try(2, LockKey.Single(-1), LockMode.Exclusive));
        Assert.Contains("there is no room for more", refusal.Message, StringComparison.Ordinal);
        Assert.True(table.Locks.Release(1, LockKey.Single(7), LockKey.Single(7)));
        Assert.NotNull(table.Locks.Try(2, LockKey.Single(-1), LockMode.Exclusive));
    }

    private static bool Agrees(IEnumerable<(Step Kind, long Session, int Key, LockMode Mode)> steps)
    {
        using var table = new TemporaryTable();
        var models = Keys.Select(static _ => new LineModel()).ToArray();
        var places = new Dictionary<(long, int), int>();
        var known = new HashSet<long>();
        foreach (var (kind, session, number, mode) in steps)
        {
            var (model, key) = (models[number], Keys[number]);
            var isHolder = model.Holders.Exists(one => one.Session == session);
            switch (kind)
            {
                case Step.Try when !model.Has(session):
                    Assert.Equal(model.Try(session, mode), table.Locks.Try(session, key, mode) is not null);
                    break;
                case Step.Wait when !model.Has(session):
                    model.Wait(session, mode);
                    places[(session, number)] = table.Locks.Wait(session, key, mode);
                    break;
                case Step.Release when isHolder:
                    model.Remove(session);
                    Assert.True(table.Locks.Release(session, key, key));
                    break;
                case Step.Withdraw when model.Line.Exists(one => one.Session == session):
                    model.Remove(session);
                    Assert.Null(table.Locks.Withdraw(places[(session, number)]));
                    break;
                case Step.Die:
                    Array.ForEach(models, one => one.Remove(session));
                    table.Locks.ReleaseAll(session);
                    break;
                case Step.KilledInRelease when isHolder:
                    model.Remove(session);
                    table.Folder.Map.Remove(key, Held(table, session, key));
                    table.Locks.ServeAll();
                    break;
                case Step.Copy:
                    table.Folder.Map.Mend();
                    break;
                default:
                    continue;
            }

            CheckTable(table, models, known);
        }

        return true;
    }

    /// <summary>The table says what the models say; a token that was not there before is greater than all before.</summary>
    private static void CheckTable(TemporaryTable table, LineModel[] models, HashSet<long> known)
    {
        var records = table.Folder.Map.Records().Select(table.Folder.Map.Read).ToList();
        for (var i = 0; i < Keys.Length; i++)
        {
            var (holders, waiters) = table.Locks.Look(Keys[i]);
            Assert.Equal(models[i].Holders.Select(one => one.Session).Order(), holders.Order());
            Assert.Equal(models[i].Line.Count, waiters);
            var line = records.Where(record => record.Key == Keys[i] && record.State is RecordState.Waiting).OrderBy(record => record.Number).Select(record => record.Session);
            Assert.Equal(models[i].Line.Select(one => one.Session), line);
        }

        var tokens = records.Where(record => record.State is RecordState.Held).Select(record => record.Number).ToList();
        Assert.Equal(tokens.Count, tokens.Distinct().Count());
        var before = known.DefaultIfEmpty(0).Max();
        Assert.All(tokens.Where(token => !known.Contains(token)), token => Assert.True(token > before));
        known.UnionWith(tokens);
    }

    private static int Held(TemporaryTable table, long session, LockKey key) =>
        table.Locks.Chain(key).Single(one => one.Record.Session == session && one.Record.Key == key && one.Record.State is RecordState.Held).Place;
}

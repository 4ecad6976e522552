using Coordination.Backends;
using Coordination.Locks;

namespace Coordination.UnitTests.Locks;

public sealed class LockKeysTests
{
    // Computed once, with another program. A change here splits a group whose members run different versions.
    [Theory]
    [InlineData("", "a", 579045112001022985)]
    [InlineData("orders.", "invoice-7", 8609647487606671665)]
    [InlineData("orders.", "Invoice-7", -7253665744809713898)]
    [InlineData("", "orders.invoice-7", 8609647487606671665)]
    [InlineData("", "é", -299111922619964818)]
    public void The_default_format_is_frozen(string prefix, string name, long bits)
    {
        Assert.Equal(LockKey.Single(bits), Key(prefix, name, KeyFormat.Default));
    }

    [Theory]
    [InlineData("orders", "partition/billing/7", 3348708435491481580)]
    [InlineData("orders", "partition/billing/17", 822428928351241626)]
    [InlineData("é", "partition/é/0", 6932058928906112583)]
    public void The_keys_of_our_own_locks_are_frozen_and_no_users(string group, string name, long bits)
    {
        Assert.Equal(LockKey.Single(bits), LockKeys.Reserved(group).KeyOf(name));
        Assert.NotEqual(LockKey.Single(bits), Key(group + ".", name, KeyFormat.Default));
        Assert.NotEqual(LockKey.Single(bits), Key(string.Empty, $"{group}\0{name}", KeyFormat.Default));
    }

    [Fact]
    public void What_is_remembered_of_one_name_is_never_taken_for_another()
    {
        var keys = new LockKeys("orders.", KeyFormat.Default);
        for (var round = 0; round < 2; round++)
        {
            // Far more names than places to remember them in.
            for (var i = 0; i < 10_000; i++)
            {
                Assert.Equal(Key("orders.", $"invoice-{i}", KeyFormat.Default), keys.KeyOf($"invoice-{i}"));
                Assert.Equal(Key("orders.", $"invoice-{i / 2}", KeyFormat.Default), keys.KeyOf($"invoice-{i / 2}"));
            }
        }
    }

    [Fact]
    public void The_longest_name_and_prefix_have_keys()
    {
        Assert.Equal(LockKey.Single(-2401905683519252659), Key("é.", new string('x', LockName.MaxBytes), KeyFormat.Default));
        Assert.Equal(LockKey.Single(-4533758331174039907), Key(new string('p', 3000), "n", KeyFormat.Default));
    }

    [Theory]
    [InlineData("", "tacker-x", 45, 187)]
    [InlineData("tacker-", "x", 45, 187)]
    [InlineData("ironic_inspector.", "4e92f2f1", 112, 179)]
    [InlineData("", "foo", 172, 189)]
    [InlineData("", "é", 102, 221)]
    public void The_tooz_format_takes_the_key_that_tooz_takes(string prefix, string name, int high, int low)
    {
        Assert.Equal(LockKey.Pair(high, low), Key(prefix, name, KeyFormat.Tooz));
    }

    [Theory]
    [InlineData("", "abc", -1014293505, -1)]
    [InlineData("", "hello", -778606899, -268435457)]
    [InlineData("he", "llo", -778606899, -268435457)]
    [InlineData("", "123456789", 1657379654, -1382303630)]
    [InlineData("", "00000003,ffffffff", 3, -1)]
    [InlineData("00000003,", "ffffffff", 3, -1)]
    public void The_DistributedLock_format_keeps_short_ascii_and_pairs_of_hex(string prefix, string name, int high, int low)
    {
        Assert.Equal(LockKey.Pair(high, low), Key(prefix, name, KeyFormat.DistributedLock));
    }

    [Theory]
    [InlineData("", "Hello, world", -4123092709107750176)]
    [InlineData("tenant/", "42/billing", -8552416976050171445)]
    [InlineData("", "00000003ffffffff", 17179869183)]
    [InlineData("", "00000003FFFFFFFF", 17179869183)]
    [InlineData("", "ffffffffffffffff", -1)]
    [InlineData("", "00000003fffffffg", -3730828066468180825)]
    [InlineData("", "tenant-é", -442727840977692452)]
    [InlineData("", "é", -9173619709315246657)]
    public void The_DistributedLock_format_hashes_the_rest(string prefix, string name, long bits)
    {
        Assert.Equal(LockKey.Single(bits), Key(prefix, name, KeyFormat.DistributedLock));
    }

    [Fact]
    public void The_empty_text_has_the_key_that_DistributedLock_gives_it()
    {
        Assert.Equal(LockKey.Pair(2147483647, -1), DistributedLockKey.FromText(string.Empty));
    }

    [Theory]
    [InlineData(KeyFormat.Default)]
    [InlineData(KeyFormat.Tooz)]
    [InlineData(KeyFormat.DistributedLock)]
    public void A_default_name_is_refused(KeyFormat format)
    {
        Assert.Throws<ArgumentException>(() => new LockKeys("orders.", format).KeyOf(default));
    }

    [Fact]
    public void An_unknown_format_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LockKeys(string.Empty, (KeyFormat)7));
    }

    [Theory]
    [InlineData(KeyFormat.Default)]
    [InlineData(KeyFormat.Tooz)]
    [InlineData(KeyFormat.DistributedLock)]
    public void A_key_costs_no_allocation(KeyFormat format)
    {
        var keys = new LockKeys("orders.", format);
        LockName name = "a name that is long enough to be hashed";
        keys.KeyOf(name);

        var before = GC.GetAllocatedBytesForCurrentThread();
        keys.KeyOf(name);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static LockKey Key(string prefix, string name, KeyFormat format) => new LockKeys(prefix, format).KeyOf(name);
}

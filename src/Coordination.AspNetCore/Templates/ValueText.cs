using System.Globalization;
using System.Runtime.CompilerServices;

namespace Coordination.Templates;

/// <summary>How a value is written in a lock name: the same on every machine, and different values differently.</summary>
internal static class ValueText
{
    /// <summary>Whether values of the type say what they are. One that only says its type would give all of them one lock.</summary>
    public static bool IsSaidBy(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string)
            || plain == typeof(bool)
            || plain == typeof(char)
            || (plain.IsAssignableTo(typeof(IFormattable)) && !plain.IsInterface)
            || HasTextOfItsOwn(plain);
    }

    public static string Of(object value) => value switch
    {
        string text => text,
        DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };

    // What the compiler writes for a record, and what a tuple writes, puts texts side by side that could be other texts.
    private static bool HasTextOfItsOwn(Type type) =>
        type.GetMethod(nameof(ToString), Type.EmptyTypes) is { DeclaringType: { } declaring } method
        && declaring != typeof(object)
        && declaring != typeof(ValueType)
        && !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        && !type.IsAssignableTo(typeof(ITuple));
}

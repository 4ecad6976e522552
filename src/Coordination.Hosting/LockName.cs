using System.Text;

namespace Coordination;

/// <summary>The name of a lock: any text of 1 to 1,024 bytes in UTF-8. Names differ by case.</summary>
/// <remarks>Converts from <see cref="string"/> by itself. The group's lock prefix is put before it by the provider.</remarks>
public readonly record struct LockName
{
    /// <summary>The longest name, in bytes of its UTF-8 form.</summary>
    public const int MaxBytes = 1024;

    private readonly string? _value;

    /// <summary>Makes a name out of a text.</summary>
    /// <param name="value">1 to 1,024 bytes in UTF-8.</param>
    /// <exception cref="ArgumentException">The text is null, empty, longer than 1,024 bytes, or not well-formed UTF-16.</exception>
    public LockName(string value)
    {
        if (string.IsNullOrEmpty(value))
        {
            throw new ArgumentException("A lock name is empty; it needs 1 to 1,024 bytes of text.", nameof(value));
        }

        // A char never takes less than one byte, so a long text is refused without encoding it.
        var bytes = value.Length > MaxBytes ? value.Length : CountBytes(value);
        if (bytes > MaxBytes)
        {
            throw new ArgumentException(
                $"A lock name has {bytes} bytes or more in UTF-8; at most {MaxBytes} are allowed. Put a hash of the long part into the name.",
                nameof(value));
        }

        _value = value;
    }

    /// <summary>The text of the name; empty only for <c>default</c>, which every provider refuses.</summary>
    public string Value => _value ?? string.Empty;

    /// <summary>Makes a name out of a text.</summary>
    /// <param name="value">1 to 1,024 bytes in UTF-8.</param>
    public static implicit operator LockName(string value) => new(value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static int CountBytes(string value)
    {
        try
        {
            return StrictUtf8.Encoding.GetByteCount(value);
        }
        catch (EncoderFallbackException e)
        {
            // Two different broken texts would become one and the same name, so neither is accepted.
            throw new ArgumentException("A lock name has half of a surrogate pair in it, which no UTF-8 text can express.", nameof(value), e);
        }
    }
}

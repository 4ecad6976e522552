namespace Coordination.Reading;

/// <summary>How a list is written.</summary>
internal enum OutputFormat
{
    /// <summary>Columns for people.</summary>
    Table,

    /// <summary>All columns.</summary>
    Wide,

    /// <summary>For programs.</summary>
    Json,

    /// <summary>One name a line, for other commands.</summary>
    Name,
}

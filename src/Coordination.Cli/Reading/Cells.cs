using System.Globalization;
using System.Text;
using Spectre.Console.Rendering;

namespace Coordination.Reading;

/// <summary>Text in the cells of a terminal, of which some characters take two and some none. Pure.</summary>
internal static class Cells
{
    /// <summary>Between columns.</summary>
    public const int Gap = 2;

    // Below that a name says nothing; rather is the last column left out.
    private const int Narrowest = 12;

    public static int Width(string text) => Segment.CellCount([new Segment(text)]);

    /// <summary>No wider than that; of what is too long the middle is left out, because ids differ at their ends.</summary>
    public static string Clip(string text, int width)
    {
        if (Width(text) <= width)
        {
            return text;
        }

        var elements = Elements(text);
        var head = Take(elements, width / 2);
        var tail = string.Concat(Elements(Take(elements.Reverse(), int.Max(0, width - 1 - Width(head)))).Reverse());
        return width <= 0 ? string.Empty : head + "…" + tail;
    }

    /// <summary>In lines, at spaces where it can be; the last one is clipped.</summary>
    public static IEnumerable<string> Wrap(string text, int width, int most)
    {
        var line = new StringBuilder();
        var words = new Queue<string>(text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        for (var lines = 1; words.Count > 0; lines++)
        {
            line.Append(words.Dequeue());
            while (words.Count > 0 && (lines == most || Width(line.ToString()) + 1 + Width(words.Peek()) <= width))
            {
                line.Append(' ').Append(words.Dequeue());
            }

            yield return Clip(line.ToString(), width);
            line.Clear();
        }
    }

    /// <summary>How wide each column may be: the widest give way first, and where that is not enough the last ones are left out.</summary>
    public static IReadOnlyList<int> Widths(IReadOnlyList<IReadOnlyList<string>> rows, int width)
    {
        var columns = Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => Width(row[column]))).ToList();
        while (columns.Sum() + ((columns.Count - 1) * Gap) is var total && total > width)
        {
            var widest = columns.IndexOf(columns.Max());
            if (columns[widest] > Narrowest)
            {
                columns[widest]--;
            }
            else if (columns.Count > 1)
            {
                columns.RemoveAt(columns.Count - 1);
            }
            else
            {
                return [int.Max(0, width)];
            }
        }

        return columns;
    }

    private static string[] Elements(string text)
    {
        List<string> elements = [];
        var all = StringInfo.GetTextElementEnumerator(text);
        while (all.MoveNext())
        {
            elements.Add(all.GetTextElement());
        }

        return [.. elements];
    }

    private static string Take(IEnumerable<string> elements, int width)
    {
        var taken = new StringBuilder();
        foreach (var element in elements)
        {
            width -= Width(element);
            if (width < 0)
            {
                break;
            }

            taken.Append(element);
        }

        return taken.ToString();
    }
}

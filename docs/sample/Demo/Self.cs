using System.Diagnostics;

namespace Conductors.Demo;

/// <summary>This program, to be started once more.</summary>
internal static class Self
{
    /// <summary>How to start this program with other arguments. The child's three streams are pipes to us.</summary>
    public static ProcessStartInfo With(params IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath ?? throw new DemoException("The path of this program is not known, so it cannot start replicas of itself. Start it with 'dotnet run'.");

        // Started as 'dotnet Conductors.dll', the program is dotnet and we are its first argument.
        var isDotnet = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new ProcessStartInfo(program, isDotnet ? [typeof(Self).Assembly.Location, .. arguments] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }
}

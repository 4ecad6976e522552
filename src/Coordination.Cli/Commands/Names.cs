using Coordination.Shell;

namespace Coordination.Commands;

/// <summary>Names of locks as they are typed.</summary>
internal static class Names
{
    public static LockName Read(string text)
    {
        try
        {
            return new LockName(text);
        }
        catch (ArgumentException e)
        {
            throw CliFault.Usage(e.Message);
        }
    }
}

using Coordination.Backends.Files;

namespace Coordination.UnitTests.Backends.Files;

/// <summary>An opened folder of a test's own, inside its mutex.</summary>
internal sealed class TemporaryTable : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-table-");

    public TemporaryTable()
    {
        FolderProof.Prepare(_folder.FullName);
        Folder = Folder.Open(_folder.FullName, TimeProvider.System);
        Folder.Enter();
        Locks = new FileLocks(Folder, static _ => false); // everybody lives
    }

    public Folder Folder { get; }

    public FileLocks Locks { get; }

    public void Dispose()
    {
        Folder.Dispose();
        _folder.Delete(recursive: true);
    }
}

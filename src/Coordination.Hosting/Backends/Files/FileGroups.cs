namespace Coordination.Backends.Files;

/// <summary>The groups of a folder, each a file. The folder's mutex is around it.</summary>
internal sealed class FileGroups(Folder folder, TimeProvider time)
{
    private (string Path, long Stamp, GroupDocument Document)? _last;

    /// <summary>Null before anybody has come into it.</summary>
    public GroupDocument? Find(long group)
    {
        var (path, stamp) = (folder.Paths.Group(folder.State, group), folder.Map.ViewStamp);
        if (_last is { } last && last.Path == path && last.Stamp == stamp)
        {
            return last.Document;
        }

        var found = FolderFile.Read(path, FolderJson.Default.GroupDocument);
        _last = found is null ? null : (path, stamp, found);
        return found;
    }

    public GroupDocument Get(string name) => Find(FolderPaths.GroupOf(name)) ?? new GroupDocument(name, 0, [], []);

    /// <summary>Makes a new view.</summary>
    /// <param name="group">The group as it is now.</param>
    /// <param name="by">Who judged.</param>
    /// <param name="changes">What is different.</param>
    public GroupDocument Publish(GroupDocument group, long? by, params IReadOnlyList<MemberChange> changes) =>
        Save(group.Bump(time.GetUtcNow(), by, changes));

    public GroupDocument Save(GroupDocument group)
    {
        folder.Map.ViewStamp++; // before it is written: nobody believes from now on what he has read before
        FolderFile.Write(folder.Paths.Group(folder.State, FolderPaths.GroupOf(group.Name)), group, FolderJson.Default.GroupDocument);
        return group;
    }
}

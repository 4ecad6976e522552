using System.Text.Json.Serialization;

namespace Coordination.Backends.Files;

/// <summary>The folder's files as JSON.</summary>
[JsonSerializable(typeof(FolderState))]
[JsonSerializable(typeof(GroupDocument))]
[JsonSerializable(typeof(SessionCard))]
internal sealed partial class FolderJson : JsonSerializerContext;

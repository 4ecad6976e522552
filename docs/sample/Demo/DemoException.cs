namespace Conductors.Demo;

/// <summary>The demo cannot go on. The message is all that a user needs: fact, value, remedy.</summary>
internal sealed class DemoException(string message) : Exception(message);

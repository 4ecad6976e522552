using System.Net;
using Coordination.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Coordination.Routing;

/// <summary>Sends a request to a member, and to another one for as long as that cannot do harm.</summary>
/// <remarks>
/// What was refused at connecting was not processed, so it may always go elsewhere. What was sent and not answered may have been processed:
/// only an idempotent request goes on then. A 503 counts as not answered: the member is stopping, or cannot work now.
/// </remarks>
internal sealed class GroupRoutingHandler(MemberChoice choice, int maxAttempts, ILogger logger) : DelegatingHandler
{
    private static readonly HashSet<HttpMethod> Idempotent = [HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Trace, HttpMethod.Put, HttpMethod.Delete];

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var key = request.Options.TryGetValue(GroupRouting.Key, out var given) ? given : null;
        var mayRepeat = request.Options.TryGetValue(GroupRouting.Idempotent, out var said) ? said : Idempotent.Contains(request.Method);
        var asked = request.RequestUri ?? MemberChoice.Anywhere(choice.Group);
        if (mayRepeat && request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false); // a stream could be sent only once
        }

        List<Member> passed = [];
        HttpResponseMessage? answer = null;
        Exception? failure = null;
        while (passed.Count < maxAttempts && choice.Next(key, passed) is { } member)
        {
            answer?.Dispose();
            answer = null;
            request.RequestUri = AddressOf(member, asked);
            request.Options.Set(GroupRouting.Route, new GroupRoute(member, [.. passed]));
            try
            {
                answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (!mayRepeat || answer.StatusCode is not HttpStatusCode.ServiceUnavailable)
                {
                    return answer;
                }

                WebLog.MemberPassedOver(logger, member.Id, choice.Group, "it answered 503");
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && (IsUnsent(e) || (mayRepeat && e is HttpRequestException)))
            {
                failure = e;
                WebLog.MemberPassedOver(logger, member.Id, choice.Group, e.Message);
            }

            passed.Add(member);
        }

        return answer ?? throw Nobody(passed.Count, failure);
    }

    // The handler counts one failure of the connection under each of these names: nothing of the request had left.
    private static bool IsUnsent(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => true,
        OperationCanceledException { InnerException: TimeoutException } => true, // SocketsHttpHandler.ConnectTimeout
        _ => false,
    };

    private static Uri AddressOf(Member member, Uri asked)
    {
        var there = member.Url!;
        return new Uri($"{there.GetLeftPart(UriPartial.Authority)}{there.AbsolutePath.TrimEnd('/')}{asked.PathAndQuery}");
    }

    private NoMemberAvailableException Nobody(int tried, Exception? failure) => new(
        tried == 0
            ? $"Group '{choice.Group}' has no member that is up and tells a url. Start one, or try again when one has joined."
            : $"None of {tried} members of group '{choice.Group}' took the request; nobody else is left to ask, or MaxAttempts is reached. Try again in a moment.",
        failure);
}

using System.Net.Http.Headers;

namespace DaskK8s.Kubernetes;

/// <summary>Reads the server's <c>Retry-After</c> (seconds, or a date).</summary>
internal static class RetryAfter
{
    public const string Header = "Retry-After";

    public static void Note(KubernetesApiException error, IDictionary<string, IEnumerable<string>>? headers)
    {
        IEnumerable<string>? values = headers?.FirstOrDefault(static h => string.Equals(h.Key, Header, StringComparison.OrdinalIgnoreCase)).Value;
        if (RetryConditionHeaderValue.TryParse(values?.FirstOrDefault(), out RetryConditionHeaderValue? value))
        {
            error.RetryAfter = value;
        }
    }

    /// <summary>Returns how long the server asks to wait from now, or null if it does not specify it.</summary>
    public static TimeSpan? Of(Exception? error, TimeProvider timeProvider) => (error as KubernetesApiException)?.RetryAfter switch
    {
        RetryConditionHeaderValue { Delta: { } delta } => delta,
        RetryConditionHeaderValue { Date: { } date } => date - timeProvider.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero,
        _ => null,
    };
}

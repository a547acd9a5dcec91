using System.Net.Http.Headers;

namespace DaskK8s.Kubernetes;

/// <summary>Carries the server's <c>Retry-After</c> (seconds, or a date) beside the error, where the retries find it.</summary>
internal static class RetryAfter
{
    public const string Header = "Retry-After";
    private const string Key = "DaskK8s.RetryAfter";

    public static void Note(KubernetesApiException error, IDictionary<string, IEnumerable<string>>? headers)
    {
        IEnumerable<string>? values = headers?.FirstOrDefault(static h => string.Equals(h.Key, Header, StringComparison.OrdinalIgnoreCase)).Value;
        if (RetryConditionHeaderValue.TryParse(values?.FirstOrDefault(), out RetryConditionHeaderValue? value))
        {
            Note(error, value);
        }
    }

    public static void Note(KubernetesApiException error, RetryConditionHeaderValue? value)
    {
        if (value is not null)
        {
            error.Data[Key] = value;
        }
    }

    /// <summary>Returns how long the server asks to wait from now on, or null where it does not say.</summary>
    public static TimeSpan? Of(Exception? error, TimeProvider timeProvider) => error?.Data[Key] switch
    {
        RetryConditionHeaderValue { Delta: { } delta } => delta,
        RetryConditionHeaderValue { Date: { } date } => date - timeProvider.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero,
        _ => null,
    };
}

namespace DaskK8s.Helm.Values;

/// <summary>Rejects worker groups that could never run.</summary>
internal static class WorkerGroupChecks
{
    private const int MaxLabelLength = 63;

    public static void Check(WorkerGroupValues group)
    {
        Require(group, IsDnsLabel(group.Name), $"'{group.Name}' is not a valid worker group name: names are DNS labels, 1 to 63 of a-z, 0-9 and '-', with a letter or digit at both ends.");
        Require(group, group.Replicas is null or >= 0, $"Group '{group.Name}': replicas must not be negative.");
        Require(group, group.Threads is null or > 0, $"Group '{group.Name}': threads must be 1 or more.");
        Require(group, group.WorkerCommand is null || IsOneWord(group.WorkerCommand), $"Group '{group.Name}': the chart passes the worker command as one argument, so it must be one word: 'dask-worker' or 'dask-cuda-worker', not 'dask cuda worker'.");
        if (group.Image is not null)
        {
            _ = ImageReference.Parse(group.Image);
        }

        foreach ((string? name, double amount) in group.DaskResources)
        {
            Require(group, IsOneWord(name) && name.AsSpan().IndexOfAny('=', ',') < 0, $"Group '{group.Name}': a Dask resource's name must not contain spaces, commas or equals signs.");
            Require(group, double.IsFinite(amount) && amount >= 0, $"Group '{group.Name}': the amount of Dask resource '{name}' must be a finite number, 0 or more.");
        }

        foreach ((string? name, string? quantity) in group.Limits.Concat(group.Requests))
        {
            Require(group, name.Length > 0 && KubeQuantity.TryParse(quantity, out decimal value) && value >= 0, $"Group '{group.Name}': resource '{name}' does not have a Kubernetes quantity such as 500m, 2 or 16Gi.");
        }

        foreach ((string? name, string _) in group.Env)
        {
            Require(group, name.Length > 0 && !name.Contains('='), $"Group '{group.Name}': the name of an environment variable must not be empty or contain an equals sign.");
        }
    }

    public static bool IsDnsLabel(string name) =>
        name.Length is > 0 and <= MaxLabelLength
        && name[0] != '-'
        && name[^1] != '-'
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    public static bool IsOneWord(string text) => text.Length > 0 && !text.Any(char.IsWhiteSpace);

    private static void Require(WorkerGroupValues group, bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message, nameof(group));
        }
    }
}

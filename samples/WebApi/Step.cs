namespace WebApi;

/// <summary>How far a sum is.</summary>
/// <param name="Done">The number of tasks that are done.</param>
/// <param name="Total">The number of all tasks.</param>
/// <param name="Sum">The sum of the results so far.</param>
internal sealed record Step(int Done, int Total, long Sum);

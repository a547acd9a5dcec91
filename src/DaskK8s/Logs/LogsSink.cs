namespace DaskK8s.Logs;

/// <summary>Converts one pod's raw lines to public ones and passes them to the merger.</summary>
internal sealed class LogsSink(LogsMerger.Source source, LogTarget target, TimeProvider timeProvider)
{
    private readonly LogsLevels _levels = new();
    private DateTimeOffset? _last;
    private string? _notice;

    public LogsMerger.Source Source => source;

    public Task AddAsync(LogsRawLine line, CancellationToken cancellationToken)
    {
        DateTimeOffset time = line.Time ?? _last ?? timeProvider.GetUtcNow();
        _last = time;
        _notice = null;
        (string? level, bool continues) = _levels.Next(line.Text, time);
        return source.PushAsync(
            new PodLogLine
            {
                Pod = target.Pod,
                Group = target.Group,
                Component = target.Component,
                Time = time,
                Level = level,
                Text = line.Text,
                IsContinuation = continues,
            },
            cancellationToken);
    }

    /// <summary>Adds a notice, unless the previous one had the same text.</summary>
    public Task AddNoticeAsync(string text, DateTimeOffset? time, CancellationToken cancellationToken)
    {
        if (text == _notice)
        {
            return Task.CompletedTask;
        }

        _notice = text;
        return source.PushAsync(
            new PodLogLine
            {
                Pod = target.Pod,
                Group = target.Group,
                Component = target.Component,
                Time = time ?? timeProvider.GetUtcNow(),
                Text = text,
                IsNotice = true,
            },
            cancellationToken);
    }
}

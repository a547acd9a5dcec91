using System.Globalization;

using Apache.Arrow.Types;

namespace DaskK8s;

/// <summary>Converts Arrow's numbers to .NET's dates and times; a number that is out of range is returned unchanged.</summary>
internal static class TimeValues
{
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    public static object Date(long days) =>
        days + Epoch >= DateOnly.MinValue.DayNumber && days + Epoch <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)days + Epoch) : days;

    public static object TimeOfDay(long value, TimeUnit unit) =>
        Ticks(value, unit) is Int128 ticks && ticks >= 0 && ticks <= TimeOnly.MaxValue.Ticks ? new TimeOnly((long)ticks) : value;

    public static object Duration(long value, TimeUnit unit) =>
        Ticks(value, unit) is Int128 ticks && ticks >= long.MinValue && ticks <= long.MaxValue ? new TimeSpan((long)ticks) : value;

    public static object Timestamp(long value, TimeUnit unit, TimeZoneInfo? zone)
    {
        Int128 ticks = Ticks(value, unit) + DateTime.UnixEpoch.Ticks;
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks ? value
            : zone is null ? (object)new DateTime((long)ticks, DateTimeKind.Unspecified)
            : TimeZoneInfo.ConvertTime(new DateTimeOffset((long)ticks, TimeSpan.Zero), zone);
    }

    /// <summary>Finds a time zone by its name or its offset (<c>+02:00</c>); UTC if this machine does not know it.</summary>
    public static TimeZoneInfo Zone(string name) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone
        : TimeSpan.TryParseExact(name.TrimStart('+', '-'), @"hh\:mm", CultureInfo.InvariantCulture, out TimeSpan offset) && offset <= TimeSpan.FromHours(14)
            ? TimeZoneInfo.CreateCustomTimeZone(name, name.StartsWith('-') ? -offset : offset, name, name)
            : TimeZoneInfo.Utc;

    private static Int128 Ticks(long value, TimeUnit unit) => unit switch
    {
        TimeUnit.Second => (Int128)value * TimeSpan.TicksPerSecond,
        TimeUnit.Millisecond => (Int128)value * TimeSpan.TicksPerMillisecond,
        TimeUnit.Microsecond => (Int128)value * TimeSpan.TicksPerMicrosecond,
        _ => (value - (((value % 100) + 100) % 100)) / 100,
    };
}

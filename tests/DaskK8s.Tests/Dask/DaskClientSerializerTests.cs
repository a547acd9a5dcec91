using System.Text.Json;
using System.Text.Json.Serialization;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

/// <summary>Records, dates, decimals and enums on their way to Python and back.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientSerializerTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private static readonly PythonFunction Same = PythonFunction.FromSource("def same(value):\n    return value\n", "same");
    private static readonly PythonFunction Repr = PythonFunction.FromName("builtins", "repr");
    private static readonly PythonFunction Eval = PythonFunction.FromName("builtins", "eval");

    private static readonly Trip Sample = new(
        "Zoë", 12.5m, 0.1234567890123456789m, new DateTimeOffset(2026, 4, 1, 8, 30, 0, TimeSpan.FromHours(2)), new DateOnly(2026, 4, 1),
        new TimeSpan(1, 2, 3, 4, 5), DayOfWeek.Friday, Guid.Parse("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        new Dictionary<string, long> { ["a"] = 9007199254740993 }, [1.5, double.NaN], [0, 255], null);

    private readonly DaskProcesses _dask = dask;

    [Fact]
    public async Task SubmitAsync_RecordOfEveryKind_ComesBackAsItWas()
    {
        Trip back = await RunAsync<Trip>(Client, Same, Sample);

        back.Should().BeEquivalentTo(Sample);
    }

    [Fact]
    public async Task SubmitAsync_NamingPolicyAndConverters_PythonSeesThemAndResultsAreReadBack()
    {
        JsonSerializerOptions options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new CelsiusConverter() },
        };
        await using DaskClient client = await DaskClient.ConnectAsync(_dask.Address, new DaskClientOptions { SerializerOptions = options }, Token);

        string seen = await RunAsync<string>(client, Repr, new Weather(DayOfWeek.Friday, new Celsius(21.5), double.PositiveInfinity));
        Weather back = await RunAsync<Weather>(client, Same, new Weather(DayOfWeek.Friday, new Celsius(21.5), double.NaN));
        string alone = await RunAsync<string>(client, Repr, new Celsius(3));

        seen.Should().Be("{'day_of_week': 'friday', 'at_noon': '21.5 C', 'max_gust': inf}");
        back.Should().Be(new Weather(DayOfWeek.Friday, new Celsius(21.5), double.NaN));
        alone.Should().Be("'3 C'");
        options.IsReadOnly.Should().BeFalse("the options are the user's own");
    }

    [Fact]
    public async Task ResultAsync_SourceGeneratedType_NeedsNoReflection()
    {
        using DaskFutureList<Weather> futures = await Client.MapAsync<Weather>(
            Eval, new[] { "{'dayOfWeek': 5, 'atNoon': {'degrees': 1.5}, 'maxGust': float('nan')}" }, null, Token);

        Weather one = await futures[0].ResultAsync(WeatherContext.Default.Weather, Limit, Token);
        IReadOnlyList<Weather> all = await Client.GatherAsync(futures, WeatherContext.Default.Weather, null, Token);

        one.Should().Be(new Weather(DayOfWeek.Friday, new Celsius(1.5), double.NaN));
        all.Should().Equal(one);
    }

    [Fact]
    public async Task ResultAsync_TypeThatTheContextLacks_ThrowsNamingIt()
    {
        JsonSerializerOptions options = new() { TypeInfoResolver = WeatherContext.Default };
        await using DaskClient client = await DaskClient.ConnectAsync(_dask.Address, new DaskClientOptions { SerializerOptions = options }, Token);

        (await RunAsync<object>(client, Eval, "[1, {'a': [2.0, 'x']}]")).Should().BeEquivalentTo(
            new object[] { 1L, new Dictionary<string, object?> { ["a"] = new object[] { 2.0, "x" } } });
        Func<Task> lacking = () => RunAsync<Trip>(client, Eval, "{}");

        (await lacking.Should().ThrowAsync<DaskResultException>()).WithMessage("*Trip*");
    }

    [Fact]
    public async Task SubmitAsync_Decimals_LoseNoDigit()
    {
        (await RunAsync<string>(Client, Repr, new object[] { 1.25m, 0.1m, 79228162514264337593543950335m, new { Price = 0.1234567890123456789m, Whole = 3m } }))
            .Should().Be("[1.25, 0.1, Decimal('79228162514264337593543950335'), {'Price': Decimal('0.1234567890123456789'), 'Whole': 3}]");
        (await RunAsync<decimal>(Client, Same, decimal.MaxValue)).Should().Be(decimal.MaxValue);
        (await RunAsync<decimal[]>(Client, Same, new[] { 0.1m, decimal.MinValue, 0.1234567890123456789m })).Should().Equal(0.1m, decimal.MinValue, 0.1234567890123456789m);
        (await RunAsync<object>(Client, Eval, "[__import__('decimal').Decimal('0.1234567890123456789')]")).Should().BeEquivalentTo(new object[] { 0.1234567890123456789m });
        (await RunAsync<List<object?>>(Client, Eval, "[__import__('decimal').Decimal('0.1234567890123456789')]")).Should().Equal(0.1234567890123456789m);
        (await RunAsync<double>(Client, Eval, "__import__('decimal').Decimal('2.5')")).Should().Be(2.5);
        (await RunAsync<double>(Client, Eval, "__import__('decimal').Decimal('NaN')")).Should().Be(double.NaN);
        (await RunAsync<decimal>(Client, Eval, "3")).Should().Be(3);

        Func<Task> huge = () => RunAsync<decimal>(Client, Eval, "__import__('decimal').Decimal('1E+40')");
        await huge.Should().ThrowAsync<DaskResultException>();
    }

    [Fact]
    public async Task ResultAsync_PythonsDates_AreDates()
    {
        (await RunAsync<DateTimeOffset>(Client, Eval, "__import__('datetime').datetime(2026, 4, 1, 8, 30, 0, 250, __import__('datetime').timezone.utc)"))
            .Should().Be(new DateTimeOffset(2026, 4, 1, 8, 30, 0, TimeSpan.Zero).AddMicroseconds(250));
        (await RunAsync<DateTime>(Client, Eval, "__import__('pandas').Timestamp('2026-04-01T08:30:00.123456789')"))
            .Should().Be(new DateTime(2026, 4, 1, 8, 30, 0).AddTicks(1234567));
        (await RunAsync<DateOnly>(Client, Eval, "__import__('datetime').date(2026, 4, 1)")).Should().Be(new DateOnly(2026, 4, 1));
        (await RunAsync<TimeOnly>(Client, Eval, "__import__('datetime').time(8, 30)")).Should().Be(new TimeOnly(8, 30));
        (await RunAsync<TimeSpan>(Client, Eval, "-__import__('datetime').timedelta(days=1, hours=2, microseconds=5)"))
            .Should().Be(-new TimeSpan(1, 2, 0, 0, 0, 5));
        (await RunAsync<DateTime?>(Client, Eval, "__import__('pandas').NaT")).Should().BeNull();
        (await RunAsync<Guid>(Client, Eval, "__import__('uuid').UUID('6f9619ff-8b86-d011-b42d-00c04fc964ff')")).Should().Be(Sample.Id);
        (await RunAsync<DayOfWeek>(Client, Eval, "__import__('enum').Enum('Day', {'FRIDAY': 5}).FRIDAY")).Should().Be(DayOfWeek.Friday);
    }

    private static async Task<T> RunAsync<T>(DaskClient client, PythonFunction function, object? argument)
    {
        using DaskFuture<T> future = await client.SubmitAsync<T>(function, [argument], null, Token);
        return await future.ResultAsync(Limit, Token);
    }

    internal sealed record Celsius(double Degrees);

    internal sealed record Weather(DayOfWeek DayOfWeek, Celsius AtNoon, double MaxGust);

    private sealed record Trip(
        string Name, decimal Price, decimal Exact, DateTimeOffset Start, DateOnly Day, TimeSpan Length, DayOfWeek DayOfWeek, Guid Id,
        Dictionary<string, long> Counts, double[] Distances, byte[] Data, int? Missing);

    private sealed class CelsiusConverter : JsonConverter<Celsius>
    {
        public override Celsius Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(double.Parse(reader.GetString()!.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));

        public override void Write(Utf8JsonWriter writer, Celsius value, JsonSerializerOptions options) =>
            writer.WriteStringValue(FormattableString.Invariant($"{value.Degrees} C"));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DaskClientSerializerTests.Weather))]
internal sealed partial class WeatherContext : JsonSerializerContext;

using System.Text;
using System.Text.Json.Nodes;

using DaskK8s.Helm.Records;
using DaskK8s.Helm.Values;
using DaskK8s.Tests.Rigs.Helm;

namespace DaskK8s.Tests.Helm.Records;

public sealed class ReleaseRecordDecoderTests
{
    [Fact]
    public void Decode_ARecordOfHelm3_ReadsEveryField()
    {
        ReleaseRecord record = TestRecord.Decode(TestRecord.Json("kind: Service\n", """{"worker":{"replicas":5}}"""));

        record.Name.Should().Be("tea");
        record.Namespace.Should().Be("h4");
        record.Revision.Should().Be(1);
        record.Status.Should().Be(HelmReleaseStatus.Deployed);
        record.FirstDeployed.Should().Be(new DateTimeOffset(2026, 11, 23, 12, 1, 41, TimeSpan.Zero).AddTicks(1218557));
        record.LastDeployed.Should().BeCloseTo(new DateTimeOffset(2026, 11, 23, 12, 1, 59, TimeSpan.Zero), TimeSpan.FromSeconds(1));
        record.Deleted.Should().BeNull();
        record.Description.Should().Be("Install complete");
        record.Notes.Should().Be("Thank you");
        record.ChartName.Should().Be("dask");
        record.ChartVersion.Should().Be("2025.11.0");
        record.AppVersion.Should().Be("2025.11.0");
        record.Manifest.Should().Be("kind: Service\n");
        record.ApplyMethod.Should().BeNull();
        record.HelmMajorVersion.Should().Be(3);
        record.Config.IntAt("worker", "replicas").Should().Be(5);
        record.Defaults.IntAt("worker", "replicas").Should().Be(3);
    }

    [Fact]
    public void Decode_ARecordOfHelm4_KnowsHowItWasApplied()
    {
        JsonObject json = TestRecord.Json();
        json["apply_method"] = "ssa";
        json["info"]!.AsObject().Remove("deleted");

        HelmRelease release = TestRecord.Decode(json).ToRelease(HelmReleaseSource.Secret);

        release.HelmMajorVersion.Should().Be(4);
        release.IsServerSideApplied.Should().BeTrue();
    }

    [Fact]
    public void Decode_WithoutGzip_IsReadAllTheSame()
    {
        ReleaseRecord record = ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(TestRecord.Utf8(TestRecord.Json())));

        record.Name.Should().Be("tea");
    }

    [Theory]
    [InlineData(76)]
    [InlineData(12288)]
    [InlineData(12289)]
    public void Decode_AConfigMapsTextWithLineBreaks_IsRead(int width)
    {
        JsonObject json = TestRecord.Json(new string('x', 50_000));
        var text = Convert.ToBase64String(TestRecord.Utf8(json));

        ReleaseRecord record = ReleaseRecordDecoder.Decode(TestRecord.ObjectName, null, string.Join("\r\n", text.Chunk(width).Select(line => new string(line))) + "\n");

        record.Manifest.Should().HaveLength(50_000);
    }

    [Fact]
    public void Decode_WithoutANamespaceInside_TakesTheObjects()
    {
        JsonObject json = TestRecord.Json();
        json.Remove("namespace");

        TestRecord.Decode(json).Namespace.Should().Be("h4");
    }

    [Fact]
    public void Decode_NoBase64_SaysSo()
    {
        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", "{\"name\":\"s3cret\"}"u8.ToArray());

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Encoding)
            .WithMessage("*'sh.helm.release.v1.tea.v1' in namespace 'h4'*not valid base64*")
            .Where(error => error.ReleaseName == "tea" && error.ObjectName == TestRecord.ObjectName && error.Namespace == "h4");
    }

    [Fact]
    public void Decode_CharactersOutsideAscii_AreNoBase64()
    {
        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", "AAAAé");

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Encoding);
    }

    [Fact]
    public void Decode_NeitherGzipNorJson_SaysSo()
    {
        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64("PK\u0003\u0004 a zip"u8));

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Compression).WithMessage("*neither gzip nor JSON*");
    }

    [Fact]
    public void Decode_DamagedGzip_SaysSo()
    {
        var bytes = TestRecord.Gzip(TestRecord.Utf8(TestRecord.Json()));
        bytes.AsSpan(20, 8).Fill(0xff);

        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(bytes));

        decode.Should().Throw<HelmReleaseUnreadableException>().Which.Should().Match<HelmReleaseUnreadableException>(
            static e => e.Reason == HelmReleaseUnreadableReason.Compression || e.Reason == HelmReleaseUnreadableReason.Format || e.Reason == HelmReleaseUnreadableReason.Truncated);
    }

    [Fact]
    public void Decode_AWrongChecksum_IsDamage()
    {
        var bytes = TestRecord.Gzip(TestRecord.Utf8(TestRecord.Json()));
        bytes[^6] ^= 1;

        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(bytes));

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Compression).WithMessage("*damaged*");
    }

    [Fact]
    public void Decode_AnEmptyField_IsCutShort()
    {
        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", ReadOnlyMemory<byte>.Empty);

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Truncated).WithMessage("*is empty*");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Decode_CutAtAnyByte_IsCutShort(bool gzip)
    {
        var json = TestRecord.Utf8(TestRecord.Json("kind: Deployment\n", """{"a":[1,2,{"b":null}]}"""));
        var bytes = gzip ? TestRecord.Gzip(json) : json;

        for (var length = 4; length < bytes.Length; length++)
        {
            Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(bytes.AsSpan(0, length)));
            decode.Should().Throw<HelmReleaseUnreadableException>("{0} of {1} bytes are there", length, bytes.Length).Where(static e => e.Reason == HelmReleaseUnreadableReason.Truncated);
        }
    }

    [Fact]
    public void Decode_Base64CutAnywhere_IsCutShort()
    {
        var text = Convert.ToBase64String(TestRecord.Gzip(TestRecord.Utf8(TestRecord.Json())));

        for (var length = 8; length < text.TrimEnd('=').Length; length++)
        {
            Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", text[..length]);
            decode.Should().Throw<HelmReleaseUnreadableException>("{0} of {1} characters are there", length, text.Length).Where(static e => e.Reason == HelmReleaseUnreadableReason.Truncated);
        }
    }

    [Theory]
    [InlineData("{\"name\": s3cret}", "not JSON")]
    [InlineData("{} {}", "not JSON")]
    [InlineData("{}", "no 'name'")]
    [InlineData("""{"name":5}""", "'name' is not a string")]
    [InlineData("""{"name":"tea","version":"1"}""", "'version' is not an integer")]
    [InlineData("""{"name":"tea","version":1.5}""", "'version' is not an integer")]
    [InlineData("""{"name":"tea","version":99999999999}""", "'version' is not an integer")]
    [InlineData("""{"name":"tea","version":1}""", "no 'info'")]
    [InlineData("""{"name":"tea","version":1,"info":[]}""", "'info' is not an object")]
    [InlineData("""{"name":"tea","version":1,"info":{}}""", "no 'chart.metadata.name'")]
    [InlineData("""{"name":"tea","version":1,"info":{},"chart":"dask"}""", "'chart' is not an object")]
    [InlineData("""{"name":"tea","version":1,"info":{},"chart":{"values":[]}}""", "'chart.values' is not an object")]
    [InlineData("""{"name":"tea","version":1,"info":{},"config":"s3cret"}""", "'config' is not an object")]
    [InlineData("""{"name":"\ud800"}""", "not valid Unicode")]
    public void Decode_AnotherShape_SaysWhatIsWrongAndShowsNothing(string json, string reason)
    {
        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(TestRecord.Gzip(Encoding.UTF8.GetBytes(json))));

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Format).WithMessage($"*{reason}*")
            .Which.ToString().Should().NotContain("s3cret");
    }

    [Fact]
    public void Decode_ARootThatIsNoObject_SaysSo()
    {
        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(TestRecord.Gzip("[1]"u8)));

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Format).WithMessage("*the release is not an object*");
    }

    [Theory]
    [InlineData("config")]
    [InlineData("hooks")]
    public void Decode_DeepNesting_IsRefused(string field)
    {
        var json = $$"""{"name":"tea","{{field}}":{"a":{{new string('[', 5_000_000)}}""";

        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(TestRecord.Gzip(Encoding.UTF8.GetBytes(json))));

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Format).WithMessage("*nests deeper*");
    }

    [Fact]
    public void Decode_PastTheInflatedLimit_NamesTheLimit()
    {
        JsonObject json = TestRecord.Json(new string('x', 100_000));

        Func<ReleaseRecord> decode = () => TestRecord.Decode(json, new ReleaseDecoderLimits { MaxInflatedBytes = 100_000 });

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.TooLarge).WithMessage("*more than 100,000 bytes inflated*").Where(error => error.Limit == 100_000);
    }

    [Fact]
    public void Decode_ExactlyAtTheInflatedLimit_IsRead()
    {
        var bytes = TestRecord.Utf8(TestRecord.Json(new string('x', 100_000)));

        ReleaseRecord record = ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", TestRecord.Base64(TestRecord.Gzip(bytes)), new ReleaseDecoderLimits { MaxInflatedBytes = bytes.Length });

        record.Manifest.Should().HaveLength(100_000);
    }

    [Fact]
    public void Decode_TooManyValues_IsRefused()
    {
        JsonObject json = TestRecord.Json();
        json["config"] = new JsonObject { ["list"] = JsonNode.Parse($"[{string.Join(',', Enumerable.Repeat("[]", 300_000))}]") };

        Func<ReleaseRecord> decode = () => TestRecord.Decode(json);

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.TooLarge).WithMessage("*250,000 values*");
    }

    [Fact]
    public void ToString_OfARelease_ShowsNoValueNoteOrDescription()
    {
        JsonObject json = TestRecord.Json(config: """{"password":"s3cret"}""");
        json["info"]!["notes"] = "s3cret";
        json["info"]!["description"] = "s3cret";

        HelmRelease release = TestRecord.Decode(json).ToRelease(HelmReleaseSource.Secret);

        release.ToString().Should().Be("HelmRelease { Name = tea, Namespace = h4, Revision = 1, Status = Deployed, Chart = dask-2025.11.0, Source = Secret }");
        release.Values.ToString().Should().NotContain("s3cret").And.NotContain("password");
    }
}

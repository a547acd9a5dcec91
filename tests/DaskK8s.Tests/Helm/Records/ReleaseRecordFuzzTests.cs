using System.Text;

using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Helm;

namespace DaskK8s.Tests.Helm.Records;

/// <summary>Feeds the decoder with what nobody wrote: only its own errors may come out, in bounded memory.</summary>
public sealed class ReleaseRecordFuzzTests
{
    private const long MaxAllocated = 8 * 1024 * 1024;

    private const string Manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: tea-dask-worker
          labels: { app: dask, component: worker }
        spec:
          replicas: 3
        """;

    [Fact]
    public void Decode_RandomBytes_GivesOnlyDocumentedErrors()
    {
        foreach (Random random in Fuzz.Rounds(20261123, 3000))
        {
            byte[] bytes = Fuzz.Bytes(random, random.Next(600));
            Feed(bytes);
            Feed(TestRecord.Base64(bytes));
            Feed(TestRecord.Base64(TestRecord.Gzip(bytes)));
            Feed(TestRecord.Base64([0x1f, 0x8b, 0x08, .. bytes]));
            Feed(TestRecord.Base64([(byte)'{', .. bytes]));
        }
    }

    [Fact]
    public void Decode_FlippedBits_GivesOnlyDocumentedErrors()
    {
        var json = TestRecord.Utf8(TestRecord.Json(Manifest, """{"worker":{"replicas":2,"name":"w"},"additional_worker_groups":[{"name":"gpu"}]}"""));
        var gzip = TestRecord.Gzip(json);
        foreach (Random random in Fuzz.Rounds(42, 4000))
        {
            Feed(TestRecord.Base64(Flip(json, random)));
            Feed(TestRecord.Base64(Flip(gzip, random)));
            Feed(TestRecord.Base64(TestRecord.Gzip(Flip(json, random))));
            Feed(Flip(TestRecord.Base64(gzip), random));
        }
    }

    [Fact]
    public void Decode_FieldsOfTheWrongKind_GiveOnlyDocumentedErrors()
    {
        string[] odd = ["null", "true", "-1", "1e999", "\"\"", "\"\\u0000\"", "[]", "[[[]]]", "{}", """{"":{"":[null]}}""", "18446744073709551616", "\"0001-01-01T00:00:00Z\"", "\"99999-99-99\""];
        var json = TestRecord.Json(Manifest).ToJsonString();
        var places = Enumerable.Range(0, json.Length).Where(i => json[i] == ':').ToList();
        foreach (Random random in Fuzz.Rounds(7, 3000))
        {
            var at = places[random.Next(places.Count)] + 1;
            var end = json.IndexOfAny([',', '}'], at);
            Feed(TestRecord.Base64(Encoding.UTF8.GetBytes(json[..at] + odd[random.Next(odd.Length)] + json[end..])));
        }
    }

    [Fact]
    public void Decode_ClaimsOfHugeLengths_GiveOnlyDocumentedErrors()
    {
        // A stored block of 65,535 bytes that are not there, a header with a name without an end, an extra field of 64 KiB.
        Feed(TestRecord.Base64([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3, 1, 0xff, 0xff, 0, 0, (byte)'{']));
        Feed(TestRecord.Base64([0x1f, 0x8b, 0x08, 0x08, 0, 0, 0, 0, 0, 3, .. Enumerable.Repeat((byte)'n', 100_000)]));
        Feed(TestRecord.Base64([0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 3, 0xff, 0xff, 1]));
        Feed(TestRecord.Base64(Encoding.UTF8.GetBytes($$"""{"version":{{new string('9', 1_000_000)}}}""")));
        Feed(TestRecord.Base64(Encoding.UTF8.GetBytes("{\"name\":\"tea\",\"config\":{\"n\":" + new string('9', 1_000_000) + "}}")));
    }

    private static byte[] Flip(byte[] bytes, Random random)
    {
        byte[] flipped = [.. bytes];
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        }

        return flipped;
    }

    private static void Feed(byte[] data)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ReleaseRecord record = ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", data);
            HelmRelease release = record.ToRelease(HelmReleaseSource.Secret);
            _ = ChartObjects.FromRecord(record);
            _ = release.Values.ToYaml();
        }
        catch (HelmReleaseException)
        {
            // The documented outcome.
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(MaxAllocated);
    }
}

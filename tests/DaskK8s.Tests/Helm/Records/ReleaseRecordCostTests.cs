using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using DaskK8s.Helm.Records;
using DaskK8s.Tests.Rigs.Helm;

namespace DaskK8s.Tests.Helm.Records;

/// <summary>Measures what records cost: allocations are counted on the thread, so other tests do not disturb.</summary>
public sealed class ReleaseRecordCostTests(ITestOutputHelper output)
{
    private const long Mebibyte = 1024 * 1024;

    [Fact]
    public void Decode_OneMebibyteCompressed_IsOnePassWithoutCopies()
    {
        // Templates of random text hardly compress, as those of real charts that fill the limit.
        JsonObject json = TestRecord.Json("kind: Service\n");
        var noise = new byte[700_000];
        new Random(1).NextBytes(noise);
        foreach (var chunk in noise.Chunk(20_000))
        {
            json["chart"]!["templates"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject { ["name"] = "templates/large", ["data"] = Convert.ToBase64String(chunk) });
        }

        json["manifest"] = string.Join('\n', Enumerable.Range(0, 20_000).Select(i => $"# comment {i * 7919 % 20011} of a long manifest"));
        var data = TestRecord.Gzip(TestRecord.Utf8(json));
        for (var level = 0; data.Length < Mebibyte; level++)
        {
            new Random(level + 2).NextBytes(noise);
            json["chart"]!["files"]!.AsArray().Add(new System.Text.Json.Nodes.JsonObject { ["name"] = "file", ["data"] = Convert.ToBase64String(noise.AsSpan(0, 100_000)) });
            data = TestRecord.Gzip(TestRecord.Utf8(json));
        }

        var encoded = TestRecord.Base64(data);
        _ = ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", encoded);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        ReleaseRecord record = ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", encoded);
        _ = new HelmValues(record.Defaults, record.Config).Computed;
        clock.Stop();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        output.WriteLine($"{data.Length:N0} bytes compressed: {clock.Elapsed.TotalMilliseconds:F1} ms, {allocated:N0} bytes allocated, of them {record.Manifest.Length * 2:N0} for the manifest");

        // The buffer grows to hold the manifest as one token: it is allocated twice over on the way.
        allocated.Should().BeLessThan((record.Manifest.Length * 2L) + (6 * Mebibyte));
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("hooks")]
    [InlineData("config")]
    public void Decode_AGzipBomb_IsRefusedInBoundedMemory(string field)
    {
        using MemoryStream stream = new();
        using (GZipStream gzip = new(stream, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(field == "config" ? "{\"config\":{\"a\":\"" : $"{{\"{field}\":\""));
            var block = new byte[Mebibyte];
            block.AsSpan().Fill((byte)'x');
            for (var i = 0; i < 1024; i++)
            {
                gzip.Write(block);
            }
        }

        var bomb = TestRecord.Base64(stream.ToArray());
        output.WriteLine($"{bomb.Length:N0} bytes of base64 inflate to 1 GiB");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", bomb);

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.TooLarge).WithMessage("*67,108,864 bytes inflated*");
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{allocated:N0} bytes allocated");
        allocated.Should().BeLessThan(160 * Mebibyte);
    }

    [Fact]
    public void Decode_ABombOfZeros_StopsAtTheFirst()
    {
        var bomb = TestRecord.Base64(TestRecord.Gzip(new byte[100 * Mebibyte]));
        var before = GC.GetAllocatedBytesForCurrentThread();

        Func<ReleaseRecord> decode = () => ReleaseRecordDecoder.Decode(TestRecord.ObjectName, "h4", bomb);

        decode.Should().Throw<HelmReleaseUnreadableException>().Where(static e => e.Reason == HelmReleaseUnreadableReason.Format);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(Mebibyte);
    }
}

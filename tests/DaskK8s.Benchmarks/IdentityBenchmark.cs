using System.Diagnostics;
using System.Globalization;

using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Benchmarks;

/// <summary>Compares the decoding of <c>identity</c> of 5,000 workers with what Python's client does with the same bytes.</summary>
internal static class IdentityBenchmark
{
    private const int Workers = 5000;
    private const int Rounds = 15;

    private const string Python = """
        import sys, time
        from distributed.protocol import loads
        data = open(sys.argv[1], "rb").read()
        for _ in range(int(sys.argv[2])):
            start = time.perf_counter()
            reply = loads([data])
            print((time.perf_counter() - start) * 1000)
            assert len(reply["workers"]) == 5000
            del reply
        """;

    public static async Task<Comparison> RunAsync()
    {
        byte[] body = SyntheticIdentity.Create(Workers);
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, body);
            double[] theirs = [.. (await ChildProcess.RunPythonAsync(Python, file, Rounds.ToString(CultureInfo.InvariantCulture)))
                .Select(line => double.Parse(line, CultureInfo.InvariantCulture))];
            return new Comparison("identity_decode", "ms", "theirs/ours", Ours(body), theirs);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double[] Ours(byte[] body)
    {
        DaskMessage message = new([body]);
        double[] runs = new double[Rounds];
        // Both are warm: Python has no tiers, so the first rounds of ours are left out.
        for (int round = -20; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            SchedulerInfo info = Msgpack.Decode(message, IdentityDecoder.Decode);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (info.Workers.Count != Workers)
            {
                throw new InvalidOperationException("Workers were lost.");
            }

            if (round >= 0)
            {
                runs[round] = elapsed.TotalMilliseconds;
            }
        }

        return runs;
    }
}

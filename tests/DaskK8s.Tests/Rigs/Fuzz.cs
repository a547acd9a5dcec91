using System.Diagnostics;
using System.Globalization;

namespace DaskK8s.Tests.Rigs;

/// <summary>The rounds of a fuzzing test, and changes to what is well-formed.</summary>
/// <remarks>
/// A round has a generator of its own, whose seed is printed when the round fails: <c>new Random(SEED)</c> repeats it.
/// With <c>DASKK8S_FUZZ_MINUTES</c> each test runs that long, from a seed of the clock on.
/// </remarks>
internal static class Fuzz
{
    private static readonly TimeSpan? s_length =
        Environment.GetEnvironmentVariable("DASKK8S_FUZZ_MINUTES") is { Length: > 0 } minutes ? TimeSpan.FromMinutes(double.Parse(minutes, CultureInfo.InvariantCulture)) : null;

    /// <summary>Returns the generators of the rounds.</summary>
    /// <param name="seed">The seed of the first round.</param>
    /// <param name="rounds">The number of rounds, unless a length is set.</param>
    public static IEnumerable<Random> Rounds(int seed, int rounds)
    {
        int current = s_length is null ? seed : (int)DateTime.UtcNow.Ticks;
        long start = Stopwatch.GetTimestamp();
        bool passed = false;
        try
        {
            for (int round = 0; s_length is null ? round < rounds : Stopwatch.GetElapsedTime(start) < s_length; round++)
            {
                passed = false;
                yield return new Random(current);
                passed = true;
                current++;
            }
        }
        finally
        {
            if (!passed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"This round failed: new Random({current}).");
            }
        }
    }

    /// <summary>Returns bytes of any value.</summary>
    public static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Returns the bytes with some of them changed, cut off or doubled.</summary>
    public static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] bytes = [.. seed];
        for (int changes = random.Next(1, 6); changes > 0 && bytes.Length > 0; changes--)
        {
            switch (random.Next(8))
            {
                case 0: bytes = bytes[..random.Next(bytes.Length + 1)]; break;
                case 1: bytes = [.. bytes, .. bytes[random.Next(bytes.Length)..]]; break;
                case 2: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
                default: bytes[random.Next(bytes.Length)] = (byte)random.Next(256); break;
            }
        }

        return bytes;
    }

    /// <summary>Returns the text with some parts replaced by pieces of the grammar, cut out or doubled.</summary>
    public static string Mutate(string seed, IReadOnlyList<string> pieces, Random random)
    {
        string text = seed;
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            int from = random.Next(text.Length + 1);
            int to = Math.Min(text.Length, from + random.Next(random.Next(4) == 0 ? 30 : 3));
            text = random.Next(5) switch
            {
                0 => text[..from] + text[to..],
                1 => text[..to] + text[from..],
                2 => text[..from] + (char)random.Next(random.Next(8) == 0 ? 0x10000 : 0x80) + text[to..],
                _ => text[..from] + pieces[random.Next(pieces.Count)] + text[to..],
            };
        }

        return text;
    }
}

namespace DaskK8s.Benchmarks.Data;

/// <summary>Holds the Python of both sides.</summary>
internal static class DataPython
{
    /// <summary>What makes values on the workers: eight columns of numbers and times that do not compress.</summary>
    public const string Values = """
        def make_table(size):
            import numpy, pandas
            rows, random = size // 64, numpy.random.default_rng(1)
            columns = {"i%d" % i: random.integers(2**62, size=rows) for i in range(2)}
            columns.update({"f%d" % i: random.random(rows) for i in range(5)})
            columns["t"] = pandas.to_datetime(random.integers(2**60, size=rows))
            return pandas.DataFrame(columns)
        def make_array(size):
            import numpy
            return numpy.random.default_rng(1).random(size // 8)
        def make_small(index):
            import numpy, pandas
            return pandas.DataFrame({"a": numpy.arange(1000), "b": numpy.random.default_rng(index).random(1000), "c": "text"})

        """;

    /// <summary>Python's side: prints the figures of <see cref="DataBenchmark"/>, one a line.</summary>
    public const string Source = Values + """
        import gc, resource, sys, time
        from distributed import Client, wait

        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * resource.getpagesize()

        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

        def down(make, size):
            future = client.submit(make, size, pure=False)
            wait(future)
            start = time.perf_counter()
            value = future.result()
            return size / 2**20 / (time.perf_counter() - start)

        def up(value, size):
            start = time.perf_counter()
            future = client.scatter(value, hash=False)
            rate = size / 2**20 / (time.perf_counter() - start)
            assert future.status == "finished"
            return rate

        if __name__ == "__main__":
            client, size = Client(sys.argv[1]), int(sys.argv[2])
            down(make_table, 2**21), down(make_array, 2**21), up(make_table(2**21), 2**21), up(make_array(2**21), 2**21)
            gc.collect()
            idle = resident()
            rates = [down(make_table, size)]
            print((peak() - idle) / size)
            rates.append(up(make_table(size), size))
            rates.append(down(make_array, size))
            rates.append(up(make_array(size), size))
            futures = client.map(make_small, range(1000), pure=False)
            wait(futures)
            start = time.perf_counter()
            tables = client.gather(futures)
            rates.append(1000 / (time.perf_counter() - start))
            assert sum(len(table) for table in tables) == 1_000_000
            print("\n".join(str(rate) for rate in rates))
            client.close()
        """;
}
